#pragma once

#include "support/certificates.hpp"
#include "support/receiver.hpp"

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace lull::integration {

/// What happens to the message and its endpoint after an attempt.
enum class Fate {
  Delivered,
  Retried,  ///< waits for the schedule; the breaker counts a failure
  Parked,   ///< waits for Retry-After, as its endpoint does; no attempt spent, the breaker counts nothing
  Dead,     ///< a dead letter at once; the receiver lives
  Gone,     ///< waits, no attempt spent, while its endpoint is paused as gone
};

/// One row: what the receiver does, and what must be seen of it everywhere.
struct OutcomeCase {
  std::string name;  ///< of the test
  testing::Receiver::Script script;
  std::string outcome;                       ///< in the attempt log
  std::optional<int> status = std::nullopt;  ///< absent: none came back
  std::string error = {};                    ///< part of the sentence that stands there when no status came back
  Fate fate = Fate::Retried;
  std::chrono::seconds wait{600};  ///< until the next attempt: Retried, Parked
  std::string scheme = "http";     ///< of the URL
  std::string host = "127.0.0.1";  ///< of the URL
  bool listening = true;           ///< false: nobody listens on the port
  std::optional<testing::Authority::Certificate> certificate = std::nullopt;  ///< the receiver speaks TLS
  bool trusted = true;                                                        ///< its authority is Egress:CaFile
  bool received = true;  ///< the request reaches the receiver, so it sees the webhook-id
};

std::vector<OutcomeCase> outcomeCases();

/// For test output.
inline void PrintTo(const OutcomeCase& row, std::ostream* out) {
  *out << row.name;
}

}  // namespace lull::integration
