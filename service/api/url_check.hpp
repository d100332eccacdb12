#pragma once

#include <string>
#include <string_view>

namespace lull::api {

/// What is wrong with an endpoint's url, empty when nothing is. Only its form is judged here; where it leads to is
/// judged by ports::Destinations.
std::string urlFault(std::string_view url);

/// Scheme, host and port in one comparable text ("https://example.com:443"); `url` has no fault.
std::string originOf(std::string_view url);

}  // namespace lull::api
