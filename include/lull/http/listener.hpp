#pragma once

#include <lull/http/memory_budget.hpp>
#include <lull/http/request_handler.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace lull::http {

/// What the connections of a listener may hold. Constant, but for the budgets that count.
struct ListenerLimits {
  std::size_t maxConnections;
  std::size_t maxBodyBytes;
  MemoryBudget& bodies;   ///< of requests that arrive or are handled
  MemoryBudget& replies;  ///< of large ones that are on their way to their clients
};

/// Why an address cannot be listened on.
struct BindFault {
  int reason = 0;  ///< a number of <cerrno>; 0: the text is no address to bind to
};

/// Listens on addresses and serves who connects. A thread for each address accepts; one thread admits who was accepted
/// and watches the idle connections: those cost a descriptor each and nothing else. A connection whose client has sent
/// something gets a thread until it is idle again.
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
  /// Waits until every connection has ended; false when some have not at `until`.
  bool awaitReplies(std::chrono::steady_clock::time_point until);
  void stop();  ///< ends all connections; returns when running handlers have finished; safe to call twice

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lull::http
