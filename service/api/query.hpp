#pragma once

#include "input_errors.hpp"

#include <lull/domain/page.hpp>
#include <lull/domain/time.hpp>
#include <lull/http/response.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::api {

/// The query parameters of a request, and those of a form in its body. Each reader notes what is wrong in the errors it
/// was given, with the parameter's name as pointer.
class Query {
 public:
  /// Notes broken escapes, invalid UTF-8, repeated names, and names that are not among `allowed`, which has blanks
  /// between them: a parameter that is passed over may have been meant as a filter.
  Query(std::string_view raw, std::string_view allowed, InputErrors& errors);
  /// The same for parameters that may stand in the query or in a body of the form
  /// `application/x-www-form-urlencoded`. One that stands in both is noted, and so is a form of more than kMostOfForm
  /// bytes, of which nothing is read.
  Query(std::string_view raw, std::string_view form, std::string_view allowed, InputErrors& errors);
  static constexpr std::size_t kMostOfForm = std::size_t{8} * 1024;

  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<Instant> instant(std::string_view name) const;
  /// The text of a filter. An empty one is noted, because it would match everything.
  std::optional<std::string> filter(std::string_view name) const;
  /// The one bit that `changeType` names; anything else is noted. The bit need not be in the catalogue, so that
  /// messages of a removed type can still be found and purged.
  std::optional<std::uint32_t> changeType() const;
  /// The HTTP status that `status` names.
  std::optional<int> status() const;
  /// `limit` and `cursor`; the cursor comes decoded.
  PageRequest page() const;

 private:
  void read(std::string_view raw, std::string_view allowed, std::string_view place);

  InputErrors& errors_;
  std::vector<std::pair<std::string, std::string>> values_;
};

/// What a list answers with as nextCursor: null when there is none, else opaque text.
http::Json nextCursor(std::string_view position);

}  // namespace lull::api
