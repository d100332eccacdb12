#include "handlers.hpp"

namespace lull::api {

Result<http::Response> getLive(const Call&) {
  return http::jsonResponse(200, {{"status", "live"}});
}

Result<http::Response> getReady(const Call& call) {
  auto obstacle = call.services.readiness.obstacle();
  if (!obstacle.empty()) return Error{ErrorCode::Unavailable, std::move(obstacle)};
  if (call.services.stopping) return Error{ErrorCode::Unavailable, "The service is stopping."};
  return http::jsonResponse(200, {{"status", "ready"}});
}

/// While the store does not answer, asking it would only make the scrape late: this process' numbers are served alone.
Result<http::Response> getMetrics(const Call& call) {
  const auto& ports = call.services.ports;
  auto obstacle = call.services.readiness.obstacle();
  http::Response response;
  response.contentType = "text/plain; version=0.0.4; charset=utf-8";
  const auto fleet = obstacle.empty()
                         ? call.services.counters.get([&] { return ports.stats.counters(); })
                         : Result<ports::FleetCounters>(Error{ErrorCode::Unavailable, std::move(obstacle)});
  response.body = ports.metrics.text(fleet, ports.journal.linesLost());
  return response;
}

}  // namespace lull::api
