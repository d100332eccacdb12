#pragma once

#include <lull/http/memory_budget.hpp>
#include <lull/http/request_handler.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lull::http {

/// How long a client may take. Deadlines are total, not per read: a client that drips bytes does not hold a thread.
struct ConnectionTimes {
  std::chrono::milliseconds head{10000};  ///< from the first byte of a head to its end
  std::chrono::milliseconds body{30000};
  std::chrono::milliseconds write{30000};
  std::chrono::milliseconds farewell{2000};  ///< of a write, from when the server stops
};

enum class HeadState { Complete, Quiet, Closed, TooLarge, TooSlow };

/// The bytes of one client connection. Used by one thread at a time, except where a function says otherwise. Owns the
/// socket and closes it.
class ClientConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `stopping` is set when the server stops; it outlives the connection.
  ClientConnection(int socket, const ConnectionTimes& times, const std::atomic<bool>& stopping);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Waits for the head of the next request. Quiet: no byte of it has come within `patience`.
  HeadState awaitHead(std::chrono::milliseconds patience);
  /// The head that awaitHead() completed, valid until the next awaitHead().
  std::string_view head() const { return head_; }

  /// A body that arrives: at most `cap` bytes, and no more than its share of the budget can grow by.
  struct Body {
    std::size_t cap;
    MemoryBudget::Share& share;
    std::string& text;
  };

  /// Reads the body that `head` announces. Anything but Complete ends the connection.
  BodyState readBody(const MessageHead& head, Body body);

  /// Sends both parts in one go. False when the client is gone or too slow.
  bool send(std::string_view first, std::string_view second = {});

  /// Sends what the system takes at once, and never waits. Returns how many bytes that was; nullopt: the client is
  /// gone.
  std::optional<std::size_t> sendNow(std::string_view text);

  /// Frees what the request took, head() included, before a long wait. Bytes of later requests that have arrived are
  /// kept if they are few. False: they were too many and are lost, so this connection cannot serve another request.
  bool slim();
  /// Whether bytes of a later request have been received already.
  bool holdsBytes() const { return !buffer_.empty(); }

  /// Ends the sending side and reads for a moment what still comes, because a reset would destroy the response before
  /// it.
  void linger();

  int socket() const { return socket_; }
  /// Since when the connection waits for its client, to send or to take bytes; Time::max() when it does not. Any thread
  /// may ask.
  Time awaitedSince() const { return awaitedSince_.load(std::memory_order_relaxed); }
  /// Ends that wait as its deadline would, because other connections need the place. Any thread may call it.
  void hurry();
  bool hurried() const { return hurried_.load(std::memory_order_relaxed); }

 private:
  enum class Read { Some, Closed, Late };

  class Awaiting;

  bool passed(Time deadline) const;
  Read fill(Time deadline);
  BodyState readExactly(std::size_t count, Time deadline, Body& body);
  BodyState readLine(Time deadline, std::string& line);
  BodyState readChunks(Time deadline, Body& body);
  BodyState readTrailers(Time deadline);

  const int socket_;
  const ConnectionTimes times_;
  const std::atomic<bool>& stopping_;
  std::atomic<Time> awaitedSince_{Time::max()};
  std::atomic<bool> hurried_{false};
  std::string head_;
  std::string buffer_;  // received and not yet consumed
};

}  // namespace lull::http
