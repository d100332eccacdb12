#pragma once

#include <lull/domain/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lull::api {

/// One served request. `route` is the pattern, not the path: it holds no id and no free text.
struct RequestLine {
  std::string_view method;
  std::string_view route;
  int status = 0;  ///< 499: the client of a request that is answered later hung up before
  std::chrono::microseconds duration{0};
  std::string_view principal;
  std::string_view traceId;  ///< as in the problem that was answered; empty: none was
};

/// One change that somebody asked for. It says what was done to which thing, never a value.
struct AuditLine {
  std::string_view principal;
  std::string_view proof;   ///< how the principal proved itself: "key", "jwt", "none"; each may have the same names
  std::string_view action;  ///< "endpoint.create", "dead-letters.purge", …
  std::string_view id;      ///< of the thing changed; empty when the call names none
  int status = 0;           ///< the outcome
  bool routine = false;     ///< there may be thousands a second, so its line is Debug
};

/// Takes what the API tells of its work; the composition root gives it a log. Thread-safe; no call may throw.
class Journal {
 public:
  virtual ~Journal() = default;
  /// Whether request() lines would be written at all (they are Debug).
  virtual bool wantsRequests() const = 0;
  virtual void request(const RequestLine& line) = 0;
  virtual void audit(const AuditLine& line) = 0;  ///< Information
  /// How many log lines were dropped since the process began.
  virtual std::uint64_t linesLost() const = 0;
  /// An endpoint's secret was rotated so often that the oldest of the retired ones ended before its 24 h. Warning.
  virtual void secretDropped(std::string_view endpointId) = 0;
  /// A defect of ours: an exception that no handler caught. `traceId` is the one in the answer to the client.
  virtual void defect(std::string_view route, std::string_view traceId, std::string_view what) = 0;
};

}  // namespace lull::api
