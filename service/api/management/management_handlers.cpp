#include "management/management_handlers.hpp"

#include "brokers/brokers_handlers.hpp"

namespace lull::api {

Result<http::Response> HealthHandlers::live(Call&) const {
  return http::jsonResponse(200, {{"status", "live"}});
}

Result<http::Response> HealthHandlers::ready(Call&) const {
  auto obstacle = readiness.obstacle();
  if (!obstacle.empty()) return Error{ErrorCode::Unavailable, std::move(obstacle)};
  if (stopping) return Error{ErrorCode::Unavailable, "The service is stopping."};
  http::Json body{{"status", "ready"}};
  const auto sources = readiness.sources();
  if (!sources.empty()) body["sources"] = http::Json::array();
  for (const auto& source : sources)
    body["sources"].push_back({{"name", source.name}, {"state", toString(source.state)}});
  if (auto states = brokerStatesJson(brokers.list()); !states.empty()) body["brokers"] = std::move(states);
  return http::jsonResponse(200, body);
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
  const auto from = fleet ? keptSources.get([&] { return sources.list(); })
                          : Result<std::vector<ports::SourceStatus>>(std::vector<ports::SourceStatus>{});
  response.body = metrics.text(fleet, from ? *from : std::vector<ports::SourceStatus>{},
                               {journal.linesLost(), polls.waiting(), brokers.list()});
  return response;
}

}  // namespace lull::api
