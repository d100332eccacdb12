#pragma once

#include "call.hpp"
#include "overview/kept_reading.hpp"

#include <lull/http/json.hpp>
#include <lull/http/response.hpp>
#include <lull/ports/brokers.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/registry.hpp>

#include <chrono>
#include <vector>

namespace lull::api {

/// The part `brokers` of `GET /stats`.
http::Json brokerStatsJson(const std::vector<ports::BrokerStatus>& brokers);
/// The part `brokers` of `GET /healthz/ready`.
http::Json brokerStatesJson(const std::vector<ports::BrokerStatus>& brokers);

struct BrokersHandlers {
  const ports::Brokers& brokers;
  ports::EndpointStore& endpoints;
  ports::Clock& clock;
  /// One reading of the queues for all callers: with a thousand endpoints that have messages it costs as much as
  /// /stats.
  KeptReading<http::Response> kept{std::chrono::seconds(2)};

  Result<http::Response> list(Call& call);
};

}  // namespace lull::api
