#pragma once

#include "client_connection.hpp"

#include <lull/http/listener.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace lull::http {

/// What the reply to a request has to heed.
struct ReplyTerms {
  bool withBody = true;   ///< false: the request was HEAD
  bool keepAlive = true;  ///< the client wants to send another request, and its bytes would be understood
  bool consumed = true;   ///< all bytes of the request were read
};

/// A request that is answered later.
struct Unanswered {
  std::shared_ptr<Waiting> waiting;
  ReplyTerms terms;
};

/// Reads the requests of a connection one after the other and answers each. Constant after construction; each
/// connection is used by one thread at a time.
class RequestLoop {
 public:
  /// The handler and `stopping`, which is set when the listener stops, outlive this object.
  RequestLoop(RequestHandler& handler, const ListenerLimits& limits, const std::atomic<bool>& stopping)
      : handler_(handler), limits_(limits), stopping_(stopping) {}

  /// What can be done with the connection next: read another request, wait for one, or close it. Waits: it is no longer
  /// the caller's, because its request is answered later.
  enum class After { Next, Idle, Ended, Waits };

  /// The owner of a connection, in so far as its requests change what becomes of it.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// The credential of the request is good.
    virtual void vouch() = 0;
    /// Takes the connection away from this thread until its request is answered. False: there is no room for it.
    virtual bool letWait(Unanswered unanswered) = 0;
  };

  /// Waits for a request as long as `patience` and serves it.
  After serveOne(ClientConnection& connection, std::chrono::milliseconds patience, Owner& owner) const;

  /// Sends a response, waiting for a client that is slow to take it. Next or Ended.
  After reply(ClientConnection& connection, const ReplyTerms& terms, Response response) const;

  /// A reply that a thread sends which must not wait for a client.
  struct Prompt {
    std::string unsent;   ///< empty: it has been sent
    bool lost = false;    ///< the client is gone
    bool linger = false;  ///< bytes of the client are unread, see ClientConnection::linger()
    bool keepAlive = false;
  };
  /// Sends as much of a response as the system takes at once. nullopt: it is too large for that, and still whole.
  std::optional<Prompt> replyNow(ClientConnection& connection, const ReplyTerms& terms, const Response& response) const;
  /// Sends the rest of it, waiting for the client. Next or Ended.
  static After finish(ClientConnection& connection, const Prompt& prompt);

 private:
  After answer(ClientConnection& connection, const MessageHead& head, Owner& owner) const;
  After refuse(ClientConnection& connection, const HeadFault& fault) const;
  bool goesOn(const ClientConnection& connection, const ReplyTerms& terms) const;

  RequestHandler& handler_;
  const ListenerLimits limits_;
  const std::atomic<bool>& stopping_;
};

}  // namespace lull::http
