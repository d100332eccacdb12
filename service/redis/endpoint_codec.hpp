#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>
#include <lull/redis/sealer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lull::redis {

/// A registration as it is stored: the head that lib/registration.lua describes, then JSON. Of a mailbox it has no
/// subscriptions, which only scripts write. The endpoint's version is not part of it (it is a field of the
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

/// Ids ascend in order of creation (the map of a snapshot lists them so): 9 characters of time, 11 at random.
EndpointId newEndpointId(Instant now);

/// Of an attempt to register one more than `most` endpoints.
Error tooManyEndpoints(std::size_t most);

/// What registry.lua says of a mailbox instead of its lanes.
inline constexpr std::uint64_t kMailboxLanes = 5;
/// `lanes` of an endpoint's state (lib/endpoint.lua), as a number in text: 0 without lanes, else 1 + its order.
std::string lanesOf(const Telling& telling);
/// The inverse, of what a state says.
Telling tellingOf(std::uint64_t lanes);

}  // namespace lull::redis
