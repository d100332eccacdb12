#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/redis/sealer.hpp>

#include <string>
#include <string_view>

namespace lull::redis {

/// A registration as it is stored: version byte 3, subscribed bits (u32), enabled, delivery, order and onFailure (a
/// byte each, in the order of their enums), then JSON. The endpoint's version is not part of it (it is a field of the
/// state), nor is `enabled` when it is read back: the state's pause is authoritative. A secret or header value is
/// {"key": id, "sealed": text} when the sealer seals, and the text itself otherwise.
std::string packEndpoint(const Endpoint& endpoint, const Sealer& sealer);

/// Throws UnreadableValue. A value that cannot be decrypted is not unreadable in this sense: see Endpoint::unreadable.
Endpoint readEndpoint(const EndpointId& id, std::string_view packed, const Sealer& sealer);

/// What is kept of a deleted endpoint as long as it has dead letters.
struct Epitaph {
  std::string owner;  ///< Endpoint::owner
  std::string name;
};
std::string packEpitaph(const Epitaph& epitaph);
/// One that cannot be read is empty: it is only shown.
Epitaph readEpitaph(std::string_view packed);

/// `lanes` of an endpoint's state (lib/endpoint.lua), as a number in text: 0 without lanes, else 1 + its order.
std::string lanesOf(const Telling& telling);
/// The inverse, of what a state says.
Telling tellingOf(std::uint64_t lanes);

}  // namespace lull::redis
