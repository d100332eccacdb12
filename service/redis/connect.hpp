#pragma once

#include <lull/redis/connection.hpp>

namespace lull::redis {

/// Connects without logging in or asking anything, for callers that want to see how a server answers before it is
/// ready.
Result<std::unique_ptr<Connection>> connectOnly(const Address& address, Millis timeout);

/// The second half of Connection::open(): authenticates, selects the database, and sees whether it answers.
Status logIn(Connection& connection, const Address& address);

}  // namespace lull::redis
