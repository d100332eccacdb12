#pragma once

#include "memory_budget.hpp"
#include "message_head.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace lull::api {

/// How long a client may take. Deadlines are total, not per read: a client that drips bytes does not hold a thread.
struct ConnectionTimes {
  std::chrono::milliseconds idle{20000};  ///< between two requests
  std::chrono::milliseconds head{10000};  ///< from the first byte of a head to its end
  std::chrono::milliseconds body{30000};
  /// For each of these four while others wait for a thread: clients that are idle, or send or read drop by drop, must
  /// not have all of them.
  std::chrono::milliseconds crowded{250};
  std::chrono::milliseconds write{30000};
  std::chrono::milliseconds farewell{2000};  ///< of a write, from when the server stops
};

/// What a connection has to know of its server. Outlives the connection.
struct ConnectionDuties {
  std::atomic<std::size_t> waiting{0};  ///< connections that no thread serves yet
  std::atomic<bool> stopping{false};
};

enum class HeadState { Complete, Closed, TooLarge, TooSlow };
enum class BodyState { Complete, TooLarge, Malformed, TooSlow, Closed, NoRoom };

/// The bytes of one client connection. Used by one thread; owns the socket and closes it.
class Connection {
 public:
  Connection(int socket, const ConnectionTimes& times, const ConnectionDuties& duties);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Waits for the next request's head. `mayIdle` false: closed unless it has begun to arrive.
  HeadState awaitHead(bool mayIdle);
  /// The head that awaitHead() completed, valid until the next awaitHead().
  std::string_view head() const { return head_; }

  /// A body on its way in: at most `cap` bytes, and as many as its share of the budget can grow by.
  struct Body {
    std::size_t cap;
    MemoryBudget::Share& share;
    std::string& text;
  };

  /// Reads the body that `head` announces. Anything but Complete ends the connection.
  BodyState readBody(const MessageHead& head, Body body);

  /// Sends both parts in one go. False when the client is gone or too slow.
  bool send(std::string_view first, std::string_view second = {});

  /// Ends the sending side and drains what still comes for a moment, so that the reply before is not lost to a reset.
  void linger();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Deadline {
    Time at;
    Time whenCrowded = Time::max();
  };
  enum class Read { Some, Closed, Late };

  Deadline deadlineIn(std::chrono::milliseconds time) const;
  bool passed(const Deadline& deadline) const;
  Read fill(const Deadline& deadline);
  BodyState readExactly(std::size_t count, const Deadline& deadline, Body& body);
  BodyState readLine(const Deadline& deadline, std::string& line);
  BodyState readChunks(const Deadline& deadline, Body& body);
  BodyState readTrailers(const Deadline& deadline);

  int socket_;
  ConnectionTimes times_;
  const ConnectionDuties& duties_;
  std::string head_;
  std::string buffer_;  // received and not yet consumed
};

}  // namespace lull::api
