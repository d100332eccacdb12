#pragma once

#include "incoming.hpp"
#include "outgoing.hpp"

#include <lull/brokers/session.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

struct amqp_connection_state_t_;
struct amqp_frame_t_;
struct amqp_method_t_;

namespace lull::rabbit {

using brokers::ConnectionTimes;
using brokers::Loss;

/// What the broker says on a channel, or, where `channel` is 0, of the whole connection.
struct Notice {
  enum class Kind : std::uint8_t {
    ChannelOpened,
    ConfirmsSelected,
    QueueDeclared,  ///< as we wanted, or it is there (lookAtQueue)
    PrefetchLimited,
    Consuming,
    Delivered,  ///< a message, with its whole body
    Cancelled,  ///< by the broker: the queue is there no more
    Acked,
    Nacked,
    Returned,
    ChannelClosed,  ///< by the broker
    ChannelGone,    ///< as we wanted (closeChannel)
    Blocked,
    Unblocked,
  };
  Kind kind = Kind::Acked;
  std::uint16_t channel = 0;
  std::uint64_t tag = 0;                ///< Acked, Nacked
  bool multiple = false;                ///< Acked, Nacked
  int code = 0;                         ///< Returned, ChannelClosed
  std::string text{};                   ///< Returned, ChannelClosed, Blocked: in the words of the broker
  std::string messageId{};              ///< Returned
  std::string routingKey{};             ///< Returned
  std::uint32_t count = 0;              ///< QueueDeclared: of messages that wait
  std::shared_ptr<Incoming> message{};  ///< Delivered
};

/// An AMQP 0-9-1 connection through librabbitmq. Used by one thread at a time; none of its calls but open() waits for
/// the broker, as long as room() says that there is some. The first call that fails loses the connection: from then on
/// lost() says why, and nothing is sent.
class Connection {
 public:
  using Opened = std::variant<std::unique_ptr<Connection>, Loss>;
  /// Resolves the name, connects and logs in. Blocks for up to three times the time-out, and for as long as the
  /// system's resolver does.
  static Opened open(const Broker& broker, const ConnectionTimes& times);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Readable when there may be something for next().
  int socket() const { return socket_; }
  std::uint16_t mostChannels() const { return mostChannels_; }
  /// Something was read already, so that the socket does not tell.
  bool hasBuffered() const;
  /// Whether `bytes` fit into what the system takes over at once, or the system holds nothing of ours at all.
  bool room(std::size_t bytes) const;

  /// The next thing that the broker says, if there is any. Also sends heartbeats and notices when those of the broker
  /// fail to come, so it must be called several times within each interval.
  std::optional<Notice> next();

  void openChannel(std::uint16_t channel);
  void selectConfirms(std::uint16_t channel);
  void declareQueue(std::uint16_t channel, const std::string& name);
  /// What the broker confirms until ChannelGone still counts; then the channel may be opened again.
  void closeChannel(std::uint16_t channel);
  /// Answers a ChannelClosed, after which the channel may be opened again.
  void acknowledgeClose(std::uint16_t channel);
  void publish(std::uint16_t channel, const Outgoing& message);

  // For who consumes. What these send may wait for the broker where the system has no room.
  /// So many messages of each consumer of the channel may be handed out and not acknowledged.
  void limitPrefetch(std::uint16_t channel, std::uint16_t most);
  /// QueueDeclared tells how many messages wait in it; ChannelClosed, that there is none of that name.
  void lookAtQueue(std::uint16_t channel, const std::string& name);
  void consume(std::uint16_t channel, const std::string& queue);
  void acknowledge(std::uint16_t channel, std::uint64_t tag, bool multiple);
  /// The message goes to where its queue dead-letters to, if it does.
  void reject(std::uint16_t channel, std::uint64_t tag);
  /// Publishes a message as it came, under its own routing key, persistent and mandatory, with `reason` in the header
  /// Lull-Reason.
  void republish(std::uint16_t channel, const Incoming& message, const std::string& exchange,
                 const std::string& reason);

  const std::optional<Loss>& lost() const { return lost_; }
  /// Says goodbye, as far as the system takes it at once, so that the broker does not count it as a lost connection.
  void close();

 private:
  explicit Connection(const Broker& broker);
  std::optional<Loss> connect(const Broker& broker, const ConnectionTimes& times);
  std::optional<Loss> login(const Broker& broker, const ConnectionTimes& times);
  void send(std::uint16_t channel, std::uint32_t method, void* arguments);
  void lose(int status);
  std::optional<Notice> read(std::uint16_t channel, const amqp_method_t_& method);
  std::optional<Notice> readContent(const amqp_frame_t_& frame);
  std::optional<Notice> endReturn(std::uint16_t channel, const void* properties);

  const std::string broker_;
  amqp_connection_state_t_* state_;
  int socket_ = -1;
  int sendBuffer_ = 0;  // bytes that the system takes over
  std::uint16_t mostChannels_ = 0;
  std::map<std::uint16_t, Notice> returning_;  // by channel: a return whose properties have not come yet
  Assembly assembly_;                          // of the message that is being handed out
  std::optional<Loss> lost_;
};

}  // namespace lull::rabbit
