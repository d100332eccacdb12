#pragma once

#include "call.hpp"
#include "overview/fleet_snapshot.hpp"
#include "overview/kept_reading.hpp"

#include <chrono>
#include <memory>

namespace lull::api {

/// How the fleet is, and what in it needs a person: what the console begins with.
struct FleetHandler {
  static constexpr std::size_t kMostAttention = 20;

  FleetSources sources;
  /// One snapshot for all callers, so that many open consoles cost little more than one.
  KeptReading<std::shared_ptr<const FleetSnapshot>> kept{std::chrono::seconds(2)};

  Result<http::Response> get(Call& call);
};

}  // namespace lull::api
