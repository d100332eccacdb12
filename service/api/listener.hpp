#pragma once

#include "connection.hpp"
#include "connection_set.hpp"
#include "reply.hpp"

#include <lull/domain/result.hpp>

#include <httplib.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>

namespace lull::api {

/// Reads the body of the request at hand, at most once.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual BodyState read(std::string& out) = 0;
};

/// What answers requests. Called on many threads at once; must not throw.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual Reply handle(const MessageHead& head, BodySource& body) = 0;
  /// The answer to a head that could not be read.
  virtual Reply refuse(const HeadFault& fault) = 0;
  /// The system gave no thread for a connection.
  virtual void noThread() = 0;
  /// The answer to a client that no thread can be given to.
  virtual Reply overloaded() = 0;
  /// Instead of a reply for which there is no memory now.
  virtual Reply tooMuch() = 0;
};

/// What the connections of all listeners may hold. Constant, but for the budgets that count.
struct ListenerLimits {
  std::size_t maxBodyBytes;
  MemoryBudget& bodies;   ///< of requests that arrive or are handled
  MemoryBudget& replies;  ///< of large ones that are on their way to their clients
};

/// One listening address. cpp-httplib binds, accepts and hands each connection to a thread. What passes on it is read
/// and written by Connection: httplib 0.11 skips header lines that it cannot parse, percent-decodes header values, caps
/// neither a header line nor a chunked body, and its reading loop changed its interface several times since, while this
/// hook stayed.
class Listener final : private httplib::Server {
 public:
  Listener(RequestHandler& handler, ListenerLimits limits);
  ~Listener() override;

  /// `host` is an IP literal. Returns the bound port. The error tells what to do.
  Result<std::uint16_t> bind(const std::string& host, std::uint16_t port);
  void serve();       ///< on a thread of its own, after bind(); throws std::system_error when there is none
  void stopIntake();  ///< takes and reads nothing more; never blocks
  /// Waits until every connection has ended; false when some have not at `until`.
  bool awaitReplies(std::chrono::steady_clock::time_point until);
  void stop();  ///< ends all connections; returns when running handlers have finished; safe to call twice

 private:
  bool process_and_close_socket(socket_t socket) override;
  bool serveOne(Connection& connection);
  bool answer(Connection& connection, const MessageHead& head);
  void refuse(Connection& connection, const HeadFault& fault);
  void turnAway(socket_t socket);

  RequestHandler& handler_;
  const ListenerLimits limits_;
  ConnectionSet connections_;
  ConnectionDuties duties_;
  socket_t listening_ = INVALID_SOCKET;
  bool turningAway_ = false;   ///< used on the accepting thread only
  std::thread::id accepting_;  ///< written before the first connection is accepted
  std::thread thread_;
  std::future<void> ended_;  ///< of the accepting thread, which joins all others first
};

}  // namespace lull::api
