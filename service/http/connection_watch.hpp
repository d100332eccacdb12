#pragma once

#include "accepted_sockets.hpp"
#include "connection_table.hpp"
#include "request_loop.hpp"
#include "worker_pool.hpp"

#include <lull/http/listener.hpp>

#include <atomic>
#include <chrono>

namespace lull::http {

/// The open connections of a listener and who is busy with each: this object's own thread while a connection is idle, a
/// thread of its pool while the client has sent something.
class ConnectionWatch {
 public:
  /// `stopping` is set when the listener stops; it and the handler outlive this object. Throws std::system_error when
  /// the system has no descriptors.
  ConnectionWatch(RequestHandler& handler, const ListenerLimits& limits, const std::atomic<bool>& stopping);
  ~ConnectionWatch();
  ConnectionWatch(const ConnectionWatch&) = delete;
  ConnectionWatch& operator=(const ConnectionWatch&) = delete;

  /// Takes a new connection in, on the thread that accepted it; waits while too many are not admitted yet.
  void accepted(int socket);
  /// Watches until `stopping` is set and the last connection has ended. Then no thread of the pool is left.
  void run();

  // From any thread, once `stopping` is set.
  void stopIntake();  ///< takes and reads nothing more; never blocks
  void endAll();      ///< ends what is still being written, too

 private:
  using Id = ConnectionTable::Id;

  // On the watching thread.
  void look(std::chrono::milliseconds patience);
  void admit(int socket);
  void turnAway(int socket);
  void hand(Id id);

  // On the threads of the pool.
  void serveConnection(Id id, ClientConnection& connection);
  bool serveOne(Id id, ClientConnection& connection);

  void wake() const;

  RequestHandler& handler_;
  const std::atomic<bool>& stopping_;
  const RequestLoop requests_;
  ConnectionTable connections_;
  WorkerPool workers_;
  AcceptedSockets accepted_;
  const int events_;  // epoll: the idle connections, wake_
  const int wake_;    // eventfd: look around
};

}  // namespace lull::http
