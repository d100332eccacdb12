#pragma once

#include "conformance/cases.hpp"
#include "support/name_server.hpp"

#include <lull/net/address_guard.hpp>
#include <lull/net/resolver.hpp>
#include <lull/net/transport_settings.hpp>
#include <lull/net/webhook_channel.hpp>
#include <lull/ports/clock.hpp>

#include <future>
#include <memory>
#include <optional>

namespace lull::conformance {

std::string nameOf(Adapter adapter);
net::AddressGuard guardOf(const Case& test, Adapter adapter);
std::unique_ptr<ports::Transport> make(Adapter adapter, const net::TransportSettings& settings,
                                       const net::AddressGuard& guard);
ports::HttpRequest requestFor(const Case& test, std::uint16_t port, const std::vector<std::string>& addresses);
std::future<ports::HttpAnswer> post(ports::Transport& transport, ports::HttpRequest request);

/// What a case's posts came to, and what they cost others.
struct Measured {
  ports::HttpAnswer last;
  std::chrono::milliseconds elapsed{0};  ///< over all posts
  std::size_t growthKiB = 0;             ///< peak resident memory over what it was before, the receiver's included
  std::chrono::milliseconds slowestBeside{0};  ///< of the posts to a healthy receiver meanwhile
  int failedBeside = 0;
};

/// One adapter with what a case asks for around it.
class Harness {
 public:
  Harness(const Case& test, Adapter adapter, const net::TransportSettings& settings);

  /// Sends the case's posts to the receiver, one after the other, while a healthy one is called all the time.
  Measured run(Receiver& receiver);

 private:
  class FixedClock final : public ports::Clock {
   public:
    Instant now() const override { return instantOf(1'764'000'000'000); }
    std::chrono::nanoseconds realTimeUntil(Instant /*at*/) const override { return std::chrono::hours(1); }
    void onJump(std::function<void()> /*listener*/) override {}
  };

  void addNames();
  ports::HttpAnswer sendAll(Receiver& receiver);
  ports::HttpRequest request(std::uint16_t port, const std::vector<std::string>& addresses);
  ports::HttpAnswer sendByName(std::uint16_t port, const std::vector<std::string>& answers);
  void callHealthy(Receiver& healthy, std::future<void> finished, Measured& measured);

  const Case& test_;
  const net::AddressGuard guard_;
  const FixedClock clock_;
  const Catalogue catalogue_{builtinChangeTypes()};
  const formats::Formats formats_{{}, {}, IdField::BaseId};
  std::unique_ptr<ports::Transport> transport_;
  std::size_t posts_ = 0;
  // For cases that begin with a name:
  std::optional<lull::testing::NameServer> names_;
  std::optional<net::Resolver> resolver_;
  std::optional<net::WebhookChannel> channel_;
};

}  // namespace lull::conformance
