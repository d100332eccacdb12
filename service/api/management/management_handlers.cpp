#include "management/management_handlers.hpp"

namespace lull::api {

Result<http::Response> HealthHandlers::live(Call&) const {
  return http::jsonResponse(200, {{"status", "live"}});
}

Result<http::Response> HealthHandlers::ready(Call&) const {
  auto obstacle = readiness.obstacle();
  if (!obstacle.empty()) return Error{ErrorCode::Unavailable, std::move(obstacle)};
  if (stopping) return Error{ErrorCode::Unavailable, "The service is stopping."};
  return http::jsonResponse(200, {{"status", "ready"}});
}

/// While the store does not answer, asking it would only delay the scrape: then only the numbers of this process are
/// served.
Result<http::Response> MetricsHandlers::get(Call&) {
  auto obstacle = readiness.obstacle();
  http::Response response;
  response.contentType = "text/plain; version=0.0.4; charset=utf-8";
  const auto fleet = obstacle.empty()
                         ? kept.get([&] { return stats.counters(); })
                         : Result<ports::FleetCounters>(Error{ErrorCode::Unavailable, std::move(obstacle)});
  response.body = metrics.text(fleet, {journal.linesLost(), polls.waiting()});
  return response;
}

}  // namespace lull::api
