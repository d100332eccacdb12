#pragma once

#include "rabbit_server.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

struct amqp_connection_state_t_;

namespace lull::testing {

/// Whoever reads what Lull published, and keeps the broker's queues: a client of its own, without a line of the
/// adapter. What fails throws std::runtime_error.
class Reader {
 public:
  explicit Reader(const RabbitServer& server);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void exchange(const std::string& name);  ///< a durable topic exchange
  void deleteExchange(const std::string& name);
  /// A durable queue. With `most` it refuses messages beyond so many.
  void queue(const std::string& name, std::optional<int> most = std::nullopt);
  void deleteQueue(const std::string& name);
  void bind(const std::string& queue, const std::string& exchange, const std::string& key);
  /// How many messages wait; nothing when there is no such queue.
  std::optional<std::uint32_t> count(const std::string& queue);

  struct Read {
    std::string exchange;
    std::string routingKey;
    std::string contentType;
    std::string messageId;
    std::string appId;
    int deliveryMode = 0;
    std::uint64_t timestamp = 0;
    std::map<std::string, std::string> headers;
    std::string body;
  };
  /// Takes out the next message, if there is one.
  std::optional<Read> next(const std::string& queue);

 private:
  void openChannel();
  void need(std::string_view what) const;

  amqp_connection_state_t_* state_;
  std::uint16_t channel_ = 0;
};

}  // namespace lull::testing
