#pragma once

#include "input_errors.hpp"

#include <lull/domain/page.hpp>
#include <lull/domain/time.hpp>
#include <lull/http/response.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::api {

/// The query parameters of a request. Each reader notes what is wrong in the errors it was given, with the parameter's
/// name as pointer.
class Query {
 public:
  /// Notes broken escapes, invalid UTF-8, repeated names, and names that are not among `allowed`, which has blanks
  /// between them: a parameter that is passed over may have been meant as a filter.
  Query(std::string_view raw, std::string_view allowed, InputErrors& errors);

  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<Instant> instant(std::string_view name) const;
  /// A text that is filtered by: an empty one is noted, as it would match everything.
  std::optional<std::string> filter(std::string_view name) const;
  /// The one bit that `changeType` names; anything else is noted. It need not be in the catalogue: what is of a type
  /// that was removed from it can still be found and purged.
  std::optional<std::uint32_t> changeType() const;
  /// The HTTP status that `status` names.
  std::optional<int> status() const;
  /// `limit` and `cursor`; the cursor comes decoded.
  PageRequest page() const;

 private:
  InputErrors& errors_;
  std::vector<std::pair<std::string, std::string>> values_;
};

/// What a list answers with as nextCursor: null when there is none, else opaque text.
http::Json nextCursor(std::string_view position);

}  // namespace lull::api
