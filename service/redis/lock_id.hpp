#pragma once

#include <lull/domain/endpoint.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::redis {

/// What a client shows to confirm a message: the token of its lock in 16 hexadecimal digits, and an HMAC (SHA-256, 64
/// digits) of mailbox, message and token. Tokens can be guessed, the secret of the fleet cannot. `key` is the packed
/// MessageKey.
std::string lockIdOf(std::string_view secret, const EndpointId& mailbox, std::string_view key, std::uint64_t token);

/// The token of a lock id that lockIdOf() made of the same secret, mailbox and message; nothing for any other text. How
/// long that takes does not depend on where a wrong one differs.
std::optional<std::uint64_t> tokenIn(std::string_view lockId, std::string_view secret, const EndpointId& mailbox,
                                     std::string_view key);

}  // namespace lull::redis
