#pragma once

#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

/// Where a Redis server listens. A unix path wins over host and port. Credentials are secrets: never logged.
struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unixPath;
  std::string user;
  std::string password;
  int database = 0;
  bool tls = false;
  std::string describe() const;  ///< for messages: "127.0.0.1:6379" or "unix:/path", without credentials
};

/// One reply, owned. An error reply is a value of kind Error.
struct Reply {
  enum class Kind { Nil, Integer, String, Status, Array, Error };
  Kind kind = Kind::Nil;
  std::int64_t integer = 0;
  std::string text;          ///< String, Status, Error
  std::vector<Reply> items;  ///< Array
  bool isError() const { return kind == Kind::Error; }
};

/// A Redis command: its words, binary-safe.
using Command = std::vector<std::string>;

/// One blocking connection, used by one thread at a time; only interrupt() may be called from another. After any
/// Unavailable the connection is closed, because an answer may have been lost and nobody knows what Redis did. The
/// owner connects again.
class Connection {
 public:
  /// Connects, authenticates, selects the database. Unavailable with a sentence that says what to do.
  static Result<std::unique_ptr<Connection>> open(const Address& address, Millis timeout);
  virtual ~Connection() = default;

  /// Sends all commands in one write and reads all replies, in order. Error replies of single commands are in the
  /// replies.
  virtual Result<std::vector<Reply>> pipeline(std::span<const Command> commands) = 0;
  /// For more than one batch in flight: send() writes a batch, receive() reads the replies of the oldest one.
  virtual Status send(std::span<const Command> commands) = 0;
  virtual Result<std::vector<Reply>> receive() = 0;

  /// Of a connection that has subscribed to a channel, on which replies come unasked: the next one, or nothing when
  /// none came within `most`.
  virtual Result<std::optional<Reply>> await(Millis most) = 0;

  Result<Reply> call(const Command& command);
  virtual bool usable() const = 0;
  /// Makes the running call of another thread, and every later call, fail at once as with a lost connection.
  virtual void interrupt() = 0;
};

}  // namespace lull::redis
