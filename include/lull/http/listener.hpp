#pragma once

#include <lull/http/memory_budget.hpp>
#include <lull/http/request_handler.hpp>
#include <lull/runtime/deadline.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace lull::http {

/// Limits and budgets for the connections of a listener. Only the budgets change.
struct ListenerLimits {
  std::size_t maxConnections;  ///< those that wait for their answers (Response::waiting) not included
  std::size_t maxBodyBytes;
  MemoryBudget& bodies;        ///< of requests that arrive or are handled
  MemoryBudget& replies;       ///< of large ones that are on their way to their clients
  std::size_t maxWaiting = 0;  ///< connections that wait for their answers; beyond, overloaded() is their answer
};

/// Why an address cannot be listened on.
struct BindFault {
  int reason = 0;  ///< a number of <cerrno>; 0: the text is no address to bind to
};

/// Listens on addresses and serves the clients that connect. For each address a thread accepts; one thread admits the
/// accepted connections and watches the idle ones, each of which costs only a descriptor. A connection whose client has
/// sent something gets a thread until it is idle again, or until its request turns out to be one that is answered later
/// (Response::waiting).
class Listener final {
 public:
  Listener(RequestHandler& handler, ListenerLimits limits);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// `host` is an IP literal. Returns the bound port. Call it before serve().
  std::variant<std::uint16_t, BindFault> bind(const std::string& host, std::uint16_t port);
  void serve();       ///< on threads of its own; throws std::system_error when there are none
  void stopIntake();  ///< takes and reads nothing more; never blocks
  /// Waits until every connection has ended, and so for all answers that are still to come; false when some have not at
  /// `until`.
  bool awaitReplies(const runtime::Deadline& until);
  /// Ends all connections, those included that wait for an answer: whoever owes it is told that the client is gone.
  /// Returns when running handlers have finished. Safe to call twice.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lull::http
