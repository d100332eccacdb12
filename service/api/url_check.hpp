#pragma once

#include <string>
#include <string_view>

namespace lull::api {

/// What is wrong with an endpoint's url, empty when nothing is. Only its form is judged here; where it leads to is
/// judged by ports::Destinations.
std::string urlFault(std::string_view url);

/// Whether both have the same scheme, host and port, however these are written. False when one of them has a fault.
bool sameOrigin(std::string_view one, std::string_view other);

}  // namespace lull::api
