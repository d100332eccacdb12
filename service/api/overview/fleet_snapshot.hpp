#pragma once

#include <lull/api/server.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lull::api {

/// One endpoint at the moment of a snapshot.
struct EndpointNow {
  std::shared_ptr<const Endpoint> endpoint;
  EndpointState state;
  std::uint64_t openLetters = 0;    ///< dead letters that no later success has superseded
  std::uint64_t groupsGrowing = 0;  ///< causes of these that got another letter within kGrowing
};

/// What there is to see of the whole fleet. It is made for everybody who asks, and everybody is shown their part of it.
struct FleetSnapshot {
  /// A cause whose last letter is no older grows.
  static constexpr Millis kGrowing = std::chrono::minutes(5);
  static constexpr std::size_t kMostAlerts = 10;

  Instant at;
  std::vector<EndpointNow> endpoints;  ///< in the order of their registration
  ports::FleetCounters counters;
  ports::Rates rates;
  std::vector<ports::Alert> alerts;  ///< the newest
};

/// Where a snapshot comes from.
struct FleetSources {
  ports::Stats& stats;
  ports::EndpointStore& endpoints;
  ports::LetterGroups& groups;
  ports::AlertView& alerts;
  ports::Clock& clock;
};

/// Reads it, in calls that each hold the store for a few milliseconds.
Result<std::shared_ptr<const FleetSnapshot>> readFleet(const FleetSources& sources);

/// How much an endpoint needs a person; the worst first. What is paused by something else than an operator sends
/// nothing until somebody acts, what is open tries again by itself, and who paused an endpoint knows of it.
enum class Need { Paused, Open, Failing, Letters, PausedByOperator, None };
Need needOf(const EndpointNow& endpoint);

/// Those that need a person, the worst first, and among equals those that hold the most messages and dead letters.
std::vector<const EndpointNow*> needingAttention(const std::vector<const EndpointNow*>& endpoints);

}  // namespace lull::api
