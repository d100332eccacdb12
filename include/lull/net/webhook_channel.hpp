#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/formats/formats.hpp>
#include <lull/net/address_guard.hpp>
#include <lull/net/notification.hpp>
#include <lull/net/resolver.hpp>
#include <lull/net/response_policy.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/transport.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lull::net {

/// What the channel works with; all of it must outlive the channel. Its stop() also stops `transport` and `resolver`,
/// whose callbacks come back to the channel.
struct WebhookChannelParts {
  ports::Transport& transport;
  NameResolver& resolver;
  const AddressGuard& guard;
  const ports::Clock& clock;  ///< decides until when a retired secret signs
  const Catalogue& catalogue;
  const formats::Formats& formats;
  /// This host's own clock, because receivers compare webhook-timestamp, and the date in Retry-After, with their own.
  std::function<Instant()> hostTime = [] { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); };
};

struct WebhookChannelSettings {
  std::string version;  ///< for `User-Agent: Lull/<version>`
  ResponsePolicy response;
};

/// Delivers a message as a signed POST: prepare → resolve and judge → call → classify. The time-out covers resolving.
/// The transport gets all allowed addresses of the name; retries of a message begin with another one. Thread-safe.
class WebhookChannel final : public ports::Channel {
 public:
  WebhookChannel(WebhookChannelParts parts, WebhookChannelSettings settings);
  /// Stops starting requests only. Unless stop() was called, callbacks of running requests still come from the
  /// transport and the resolver.
  ~WebhookChannel() override;
  WebhookChannel(const WebhookChannel&) = delete;
  WebhookChannel& operator=(const WebhookChannel&) = delete;

  void deliver(ports::DeliveryRequest request, Callback done) override;
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const override;
  void stopStarting() override;
  /// Stops the resolver and the transport, too.
  void stop() override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace lull::net
