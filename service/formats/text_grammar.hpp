#pragma once

#include <lull/formats/template.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lull::formats {

/// One string of a template, read: texts and placeholders in turn. `value.NAME` is a text already.
struct Part {
  std::string literal;  ///< when `field` is None
  Field field = Field::None;
  TimeForm time = TimeForm::Rfc3339;
  bool asText = false;  ///< `:text`
};

struct ParsedText {
  std::vector<Part> parts;
  std::vector<std::string> faults;  ///< a sentence for each mistake

  /// Whether it is one placeholder alone that keeps its type.
  bool isTypedValue() const { return parts.size() == 1 && parts[0].field != Field::None && !parts[0].asText; }
};

/// Reads `text {name} {name:form} {{ }}`. `{{` is a brace and `}}` is one; a single `}` stands for itself.
ParsedText parseText(std::string_view text, const Values& values);

/// Appends `text` as it has to be written there.
void appendEscaped(std::string& out, std::string_view text, Template::Context context);

/// Makes the pieces of a template out of texts and parts.
class PieceBuilder {
 public:
  explicit PieceBuilder(Template::Context context) : context_(context) {}

  void literal(std::string_view ready) { open_.append(ready); }
  void insideText(const std::vector<Part>& parts);
  /// A placeholder that is a JSON value by itself.
  void value(const Part& part);
  Template take();

 private:
  void close(const Part& part, bool alone);

  const Template::Context context_;
  std::vector<Template::Piece> pieces_;
  std::string open_;
};

}  // namespace lull::formats
