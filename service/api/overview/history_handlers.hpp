#pragma once

#include "call.hpp"
#include "ownership.hpp"

#include <lull/api/server.hpp>

#include <optional>

namespace lull::api {

/// What the fleet did, step by step; or how the attempts of one endpoint went.
struct HistoryHandlers {
  /// One reply holds at most so many steps: a week of minutes.
  static constexpr int kMostSteps = 10'080;

  ports::History& history;
  ports::EndpointStore& endpoints;
  ports::Clock& clock;
  Ownership ownership;

  Result<http::Response> get(Call& call) const;

 private:
  Result<http::Response> ofFleet(const std::optional<Instant>& since, Millis step) const;
  Result<http::Response> ofEndpoint(const EndpointId& id, const std::optional<Instant>& since) const;
};

}  // namespace lull::api
