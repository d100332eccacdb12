#pragma once

#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>
#include <lull/ports/message_reader.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

/// The longest body that a message with one event may have: 64 KiB of data, base64, and the rest.
inline constexpr std::size_t kMostMessageBytes = std::size_t{256} * 1024;

/// A message that a broker has handed out and that has not been acknowledged.
struct QueueMessage {
  std::uint64_t tag = 0;               ///< of one connection, ascending
  std::string id{};                    ///< as its publisher named it; empty: it has none
  std::optional<Instant> writtenAt{};  ///< when it was published, if it says so
  bool tooLong = false;                ///< than kMostMessageBytes: nobody has kept its body
  MessageText text{};
};

/// A message that is no event, and why.
struct RefusedMessage {
  std::uint64_t tag = 0;
  std::string reason;
};

/// What became of refused messages.
struct SetAside {
  std::vector<std::uint64_t> there{};  ///< they are where they belong, and the queue has them no more
  std::string trouble{};               ///< why others are not; empty: all are
};

/// A queue of a broker into which others publish events. Used by one thread, but for wake() and cancel(). Messages of
/// its errors are sentences that hold no secret. When a connection ends, the broker takes all back that was not
/// acknowledged there, and hands it out again in its order.
class MessageQueue {
 public:
  virtual ~MessageQueue() = default;

  /// What has arrived, in the order of the queue, at most so many; nothing is waited for. Connects where there is no
  /// connection, which ends in a later call. An error: there is no connection (any more), and the next call begins one.
  virtual Result<std::vector<QueueMessage>> take(std::size_t most) = 0;
  /// The connection in which the last messages were taken is still there.
  virtual bool connected() const = 0;
  /// Nothing waits in the queue, and everything that was taken has been dealt with.
  virtual bool empty() const = 0;

  /// Acknowledges messages that were taken in this connection, in the order of the queue. After an error the connection
  /// is lost, and all that were not acknowledged come again.
  virtual Status acknowledge(const std::vector<std::uint64_t>& done) = 0;
  /// Sets messages aside that were taken in this connection. May be tried again with those that are not `there`. After
  /// an error the connection is lost, as above.
  virtual Result<SetAside> setAside(const std::vector<RefusedMessage>& refused) = 0;
  /// Ends the connection.
  virtual void leave() = 0;

  /// Waits until there may be something to take, the connection is lost, or wake() is called, and at most so long.
  /// Keeps the connection alive meanwhile.
  virtual void wait(std::chrono::nanoseconds most) = 0;
  /// Ends the wait that runs, or the next one. Thread-safe.
  virtual void wake() = 0;
  /// Ends whatever waits for the broker, now and from now on. Thread-safe.
  virtual void cancel() = 0;
};

}  // namespace lull::ports
