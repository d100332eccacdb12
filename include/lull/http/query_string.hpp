#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::http {

/// A query parameter, decoded; nullopt where it is not percent-encoded UTF-8.
using QueryParameter = std::optional<std::pair<std::string, std::string>>;

/// The parameters of a query string in their order, without "?". One without "=" has an empty value.
std::vector<QueryParameter> splitQuery(std::string_view raw);

}  // namespace lull::http
