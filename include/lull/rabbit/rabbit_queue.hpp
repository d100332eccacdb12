#pragma once

#include <lull/brokers/broker.hpp>
#include <lull/brokers/session.hpp>
#include <lull/ports/message_queue.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace lull::rabbit {

struct RabbitQueueSettings {
  brokers::Broker broker;
  std::string queue;
  std::uint16_t prefetch = 200;
  std::string deadLetterExchange{};  ///< of what is refused; it is rejected where this is empty, or it is too long
  brokers::ConnectionTimes times{};
  std::chrono::milliseconds patience{10'000};  ///< for the confirm of a message that is set aside
};

/// A queue of a RabbitMQ, consumed over a connection of its own. Threads as ports::MessageQueue says.
class RabbitQueue final : public ports::MessageQueue {
 public:
  explicit RabbitQueue(RabbitQueueSettings settings);
  ~RabbitQueue() override;
  RabbitQueue(const RabbitQueue&) = delete;
  RabbitQueue& operator=(const RabbitQueue&) = delete;

  Result<std::vector<ports::QueueMessage>> take(std::size_t most) override;
  bool connected() const override;
  bool empty() const override;
  Status acknowledge(const std::vector<std::uint64_t>& done) override;
  Result<ports::SetAside> setAside(const std::vector<ports::RefusedMessage>& refused) override;
  void leave() override;
  void wait(std::chrono::nanoseconds most) override;
  void wake() override;
  void cancel() override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace lull::rabbit
