#pragma once

#include <lull/domain/endpoint.hpp>

#include <string>
#include <string_view>

namespace lull::redis {

/// A registration as it is stored: version byte 1, then JSON. The endpoint's version is not part of it (it is a field
/// of the state), nor is `enabled` when it is read back: the state's pause is authoritative.
std::string packEndpoint(const Endpoint& endpoint);

/// Throws UnreadableValue.
Endpoint readEndpoint(const EndpointId& id, std::string_view packed);

}  // namespace lull::redis
