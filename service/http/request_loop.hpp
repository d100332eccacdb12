#pragma once

#include "client_connection.hpp"

#include <lull/http/listener.hpp>

#include <atomic>
#include <chrono>
#include <functional>

namespace lull::http {

/// Reads the requests of a connection one after the other and answers each. Constant after construction; each
/// connection is used by one thread at a time.
class RequestLoop {
 public:
  /// The handler and `stopping`, which is set when the listener stops, outlive this object.
  RequestLoop(RequestHandler& handler, const ListenerLimits& limits, const std::atomic<bool>& stopping)
      : handler_(handler), limits_(limits), stopping_(stopping) {}

  /// What the connection is fit for: another request, waiting for one, or nothing more.
  enum class After { Next, Idle, Ended };

  /// Waits for a request as long as `patience` and serves it. `vouch` is called when its credential is good.
  After serveOne(ClientConnection& connection, std::chrono::milliseconds patience,
                 const std::function<void()>& vouch) const;

 private:
  bool answer(ClientConnection& connection, const MessageHead& head, const std::function<void()>& vouch) const;
  After refuse(ClientConnection& connection, const HeadFault& fault) const;

  RequestHandler& handler_;
  const ListenerLimits limits_;
  const std::atomic<bool>& stopping_;
};

}  // namespace lull::http
