#pragma once

#include "accepted_sockets.hpp"
#include "connection_table.hpp"
#include "late_answers.hpp"
#include "request_loop.hpp"
#include "worker_pool.hpp"

#include <lull/http/listener.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace lull::http {

/// The open connections of a listener, and the threads that are busy with them: a thread of this object watches the
/// idle ones and those that wait for an answer, and a thread of its pool serves each that has sent something. Answers
/// that come later are sent by the watching thread, too, and by one of the pool only as far as the client is slow to
/// take them; so a thousand that come at once need no thousand threads.
class ConnectionWatch {
 public:
  /// `stopping` is set when the listener stops; it and the handler outlive this object. Throws std::system_error when
  /// the system has no descriptors.
  ConnectionWatch(RequestHandler& handler, const ListenerLimits& limits, const std::atomic<bool>& stopping);
  ~ConnectionWatch();
  ConnectionWatch(const ConnectionWatch&) = delete;
  ConnectionWatch& operator=(const ConnectionWatch&) = delete;

  /// Takes a new connection, on the thread that accepted it; waits while too many are not admitted yet.
  void accepted(int socket);
  /// Watches until `stopping` is set and the last connection has ended. By then all threads of the pool have ended.
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
  void noticed(Id id, std::uint32_t what);
  void hand(Id id);
  void sendAnswers();
  void send(LateAnswers::Answer answer);
  void occupy(Id id, ClientConnection& connection, std::function<RequestLoop::After()> rest);

  void rest(Id id);  // on any thread

  // On the threads of the pool.
  void serveConnection(Id id, ClientConnection& connection, const std::function<RequestLoop::After()>& first = {});
  bool serveOne(Id id, ClientConnection& connection);
  bool goesOn(Id id, RequestLoop::After after);
  bool letWait(Id id, Unanswered unanswered);
  class Owner;

  void wake() const;

  RequestHandler& handler_;
  const std::atomic<bool>& stopping_;
  const RequestLoop requests_;
  ConnectionTable connections_;
  WorkerPool workers_;
  AcceptedSockets accepted_;
  const int events_;  // epoll: the connections that no thread serves, wake_
  const int wake_;    // eventfd: look around
  const std::shared_ptr<LateAnswers> answers_;
};

}  // namespace lull::http
