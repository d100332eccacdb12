#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>
#include <lull/runtime/gate.hpp>

#include <atomic>
#include <cstddef>

namespace lull::api {

struct TestSendHandler {
  ports::EndpointStore& endpoints;
  ports::Channel& channel;
  ports::Clock& clock;
  const Catalogue& catalogue;
  Millis deliveryTimeout;  ///< of an endpoint that has none of its own
  const std::atomic<bool>& stopping;

  // Each test send occupies the thread of its request until the receiver has answered or the time is over: at most 16
  // of the 512 threads for at most 15 s. That is simpler than to hand a half-done request to another thread.
  static constexpr std::size_t kMost = 16;
  static constexpr std::size_t kMostOfEndpoint = 4;
  runtime::Gate gate{kMost, kMostOfEndpoint};

  Result<http::Response> send(Call& call);

 private:
  Result<AttemptResult> deliverNow(ports::DeliveryRequest request) const;
};

}  // namespace lull::api
