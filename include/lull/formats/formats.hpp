#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/formats/template.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::formats {

inline constexpr std::string_view kDefaultContentType = "application/json";

/// A format as somebody wrote it (Formats:{i}).
struct FormatText {
  std::string name;
  std::string contentType = std::string(kDefaultContentType);
  std::string body;  ///< JSON text
};

/// A format by its name: what is sent for a message.
struct Format {
  FormatText text;
  bool builtIn = false;
  /// Why it cannot be used, a sentence for the operator: a value that it needs is not set. Empty: it can be.
  std::string unavailable{};
  Template body{};
  std::vector<std::pair<std::string, Template>> headers{};  ///< by the names of the headers

  /// Whether the body or a header has a placeholder for this.
  bool shows(Field field) const;
};

/// All formats of this process, the built-in ones first. Constant after construction, so any thread may read it.
class Formats {
 public:
  /// `own` has been checked: each has a new name and a template that can be read. `byDefault` is Notifications:IdField.
  Formats(std::vector<FormatText> own, const Values& values, IdField byDefault);

  /// What `value.NAME` stands for, in routing keys, too.
  const Values& values() const { return values_; }
  const std::vector<Format>& all() const { return formats_; }
  /// The format of exactly that name, or nullptr.
  const Format* find(std::string_view name) const;
  /// The name that is nearest to one that there is not.
  std::string_view nearest(std::string_view name) const;

  /// The name of the format that an endpoint has: its own, else that of its `idField`, else the default.
  std::string_view nameOf(const Registration& registration) const;
  /// The one to use for it, or a sentence that says why there is none: the settings do not have it (any more), or it
  /// lacks a value.
  Result<const Format*> of(const Registration& registration) const;

 private:
  std::vector<Format> formats_;
  Values values_;
  IdField byDefault_;
};

/// The built-in format that `idField` is another name of.
std::string_view nameOf(IdField field);
/// Whether a built-in format has that name, case aside.
bool isBuiltIn(std::string_view name);

}  // namespace lull::formats
