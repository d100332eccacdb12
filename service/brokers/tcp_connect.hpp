#pragma once

#include <lull/brokers/session.hpp>

#include <chrono>
#include <string>
#include <variant>

struct addrinfo;

namespace lull::brokers {

/// A connection to the first of these addresses that takes one, in their order: its socket, which does not block and is
/// the caller's to close. Each address has its share of the time that is left, so that one that does not answer leaves
/// some for those behind it. `away`: how the sentence of a loss begins. Blocks until then at most.
std::variant<int, Loss> connectToAny(const addrinfo* addresses, std::chrono::steady_clock::time_point until,
                                     const std::string& away);

}  // namespace lull::brokers
