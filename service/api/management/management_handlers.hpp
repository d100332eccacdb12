#pragma once

#include "call.hpp"
#include "management/readiness.hpp"
#include "overview/kept_reading.hpp"

#include <lull/api/server.hpp>

#include <atomic>
#include <vector>

namespace lull::api {

struct HealthHandlers {
  const Readiness& readiness;
  const ports::Brokers& brokers;
  const std::atomic<bool>& stopping;

  Result<http::Response> live(Call& call) const;
  Result<http::Response> ready(Call& call) const;
};

struct MetricsHandlers {
  const Readiness& readiness;
  ports::Stats& stats;
  ports::Sources& sources;
  const ports::Brokers& brokers;
  const Metrics& metrics;
  const Journal& journal;
  const lull::mailboxes::Polls& polls;
  KeptReading<ports::FleetCounters> kept{};
  KeptReading<std::vector<ports::SourceStatus>> keptSources{};

  Result<http::Response> get(Call& call);
};

}  // namespace lull::api
