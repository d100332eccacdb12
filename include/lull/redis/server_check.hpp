#pragma once

#include <lull/redis/connection.hpp>

#include <string>
#include <vector>

namespace lull::redis {

/// What Lull found out about a Redis server before it trusts it with events.
struct ServerCheck {
  std::string runId;                  ///< changes with every start of the server
  std::string version;                ///< "7.0.15"
  std::vector<std::string> problems;  ///< each a sentence that says what to do; Lull must not go on when there is one
  std::string wait;  ///< what the server is busy with, after which it can be judged again; empty: nothing
  std::vector<std::string> warnings;  ///< sentences for the log, about volatility that Redis:AllowVolatile allows
};

/// Reads INFO, which the log-in may call even where CONFIG is forbidden, and judges it: version 6.2 or newer, a
/// primary, no cluster, no eviction, append-only. `allowVolatile` (Redis:AllowVolatile) turns the last two into
/// warnings. An error only when the server could not be asked.
Result<ServerCheck> checkServer(Connection& connection, bool allowVolatile);

/// Connects, logs in and asks. A log-in that is refused is a problem; an error means that the server could not be asked
/// now, and may be later.
Result<ServerCheck> askServer(const Address& address, bool allowVolatile, Millis timeout);

/// The judgement alone, on the text that INFO gave.
ServerCheck judgeServer(const std::string& info, bool allowVolatile);

}  // namespace lull::redis
