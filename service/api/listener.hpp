#pragma once

#include "acceptor.hpp"
#include "connection_table.hpp"
#include "reply.hpp"
#include "worker_pool.hpp"

#include <lull/domain/result.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lull::api {

/// The request at hand, beyond its head.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// Reads the body, at most once.
  virtual BodyState read(std::string& out) = 0;
  /// The request's credential is good: its connection is nobody's whom others push out.
  virtual void vouch() = 0;
};

/// What answers requests. Called on many threads at once; must not throw.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual Reply handle(const MessageHead& head, RequestSource& source) = 0;
  /// The answer to a head that could not be read.
  virtual Reply refuse(const HeadFault& fault) = 0;
  /// The system gave no thread for a connection.
  virtual void noThread() = 0;
  /// The answer to a client for whom there is no place or no thread.
  virtual Reply overloaded() = 0;
  /// Instead of a reply for which there is no memory now.
  virtual Reply tooMuch() = 0;
};

/// What the connections of a listener may hold. Constant, but for the budgets that count.
struct ListenerLimits {
  std::size_t maxConnections;
  std::size_t maxBodyBytes;
  MemoryBudget& bodies;   ///< of requests that arrive or are handled
  MemoryBudget& replies;  ///< of large ones that are on their way to their clients
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

  /// `host` is an IP literal. Returns the bound port. The error tells what to do. Call it before serve().
  Result<std::uint16_t> bind(const std::string& host, std::uint16_t port);
  void serve();       ///< on threads of its own; throws std::system_error when there are none
  void stopIntake();  ///< takes and reads nothing more; never blocks
  /// Waits until every connection has ended; false when some have not at `until`.
  bool awaitReplies(std::chrono::steady_clock::time_point until);
  void stop();  ///< ends all connections; returns when running handlers have finished; safe to call twice

 private:
  using Id = ConnectionTable::Id;

  /// Sockets that were accepted and are not admitted yet: a few, then accepting waits.
  struct Inbox {
    std::vector<int> sockets;
    bool closed = false;
  };

  // On the accepting threads.
  void accepted(int socket);

  // On the watching thread.
  void run();
  void look(std::chrono::milliseconds patience);
  void admitAccepted();
  void admit(int socket);
  void closeInbox();
  void turnAway(int socket);
  void hand(Id id);
  void dismissIdle();

  // On the threads of the pool.
  void serveConnection(Id id, Connection& connection);
  bool serveOne(Id id, Connection& connection);
  bool answer(Id id, Connection& connection, const MessageHead& head);
  void refuse(Connection& connection, const HeadFault& fault);
  void wake() const;

  RequestHandler& handler_;
  const ListenerLimits limits_;
  std::atomic<bool> stopping_{false};
  ConnectionTable connections_;
  WorkerPool workers_;
  const int events_;  // epoll: the idle connections, wake_
  const int wake_;    // eventfd: look around
  std::mutex mutex_;
  std::condition_variable room_;
  Inbox inbox_;                                       // protected by mutex_
  std::vector<std::unique_ptr<Acceptor>> acceptors_;  // constant while serving
  std::vector<std::thread> accepting_;
  std::thread thread_;
  std::future<void> ended_;  ///< of the watching thread, which joins those of the pool first
};

}  // namespace lull::api
