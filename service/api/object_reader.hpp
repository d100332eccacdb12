#pragma once

#include "input_errors.hpp"

#include <lull/domain/time.hpp>
#include <lull/http/response.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::api {

/// Reads the members of one JSON object into typed values and notes what is wrong with them. A member that is null
/// counts as absent. Keeps references: use it within one function.
class ObjectReader {
 public:
  /// Notes when `json` is not an object; then every member is absent.
  ObjectReader(const http::Json& json, std::string pointer, InputErrors& errors);

  void allowOnly(std::initializer_list<std::string_view> names);
  void allowOnly(const std::function<bool(std::string_view name)>& isKnown);

  /// Notes every member that is null: in a filter null could mean "none" or be forgotten, and the two differ very much.
  void refuseNulls() const;

  /// The member, or nullptr when it is absent or null.
  const http::Json* find(std::string_view name) const;
  bool isNull(std::string_view name) const;

  std::optional<std::string> text(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most) const;
  std::optional<Instant> instant(std::string_view name) const;
  /// A number or a text, as the text that filters compare.
  std::optional<std::string> itemId(std::string_view name) const;
  /// The one bit that `changeType` names, as Query::changeType().
  std::optional<std::uint32_t> changeType() const;
  /// The HTTP status that `status` names.
  std::optional<int> status() const;
  /// Texts, 1 to `most` of them.
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t most) const;

  /// Notes a bulk call without any filter that does not say `all: true`: a forgotten filter must not touch everything.
  void requireAllOrFilter(bool filterIsEmpty) const;

  void note(std::string_view name, std::string detail) const;

 private:
  const http::Json* object_;  // nullptr when it was not an object
  std::string pointer_;
  InputErrors& errors_;
};

}  // namespace lull::api
