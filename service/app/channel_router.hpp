#pragma once

#include <lull/ports/channel.hpp>

#include <array>
#include <functional>

namespace lull::app {

/// Passes each delivery on to the channel of its endpoint's kind. The channels outlive it. Thread-safe as they are.
class ChannelRouter final : public ports::Channel {
 public:
  /// One channel for each kind, in the order of ChannelKind.
  using Rows = std::array<std::reference_wrapper<ports::Channel>, kChannelKinds>;
  explicit ChannelRouter(Rows rows) : rows_(rows) {}

  void deliver(ports::DeliveryRequest request, Callback done) override;
  /// The kind of a deleted endpoint is not known any more, so its messages are rendered as for a webhook.
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const override;
  void stopStarting() override;
  void stop() override;

 private:
  ports::Channel& of(ChannelKind kind) const { return rows_.at(static_cast<std::size_t>(kind)); }

  const Rows rows_;
};

}  // namespace lull::app
