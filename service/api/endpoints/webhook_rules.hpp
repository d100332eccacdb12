#pragma once

#include "input_errors.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the URL and the headers of a webhook may be.
namespace lull::api {

/// What is wrong with an endpoint's url, empty when nothing is. Only its form is judged here; where it leads to is
/// judged by ports::Destinations.
std::string urlFault(std::string_view url);

/// Whether both have the same scheme, host and port, however these are written. False when one of them has a fault.
bool sameOrigin(std::string_view one, std::string_view other);

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// What stands for a header value that is stored and not shown.
inline constexpr std::string_view kMaskedValue = "***";

/// Whether a custom header may not bear this name: it frames the request, or it is one that Lull itself sends.
bool isReservedHeader(std::string_view name);

/// Judges the custom headers of a registration (names, values, number, size); pointers are /headers/<name>. Values are
/// never repeated.
void judgeHeaders(const HeaderList& headers, InputErrors& errors);

}  // namespace lull::api
