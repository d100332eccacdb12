#include "handlers.hpp"

namespace lull::api {

Result<Reply> getLive(const Call&) {
  return jsonReply(200, {{"status", "live"}});
}

Result<Reply> getReady(const Call& call) {
  auto obstacle = call.services.readiness.obstacle();
  if (!obstacle.empty()) return Error{ErrorCode::Unavailable, std::move(obstacle)};
  if (call.services.stopping) return Error{ErrorCode::Unavailable, "The service is stopping."};
  return jsonReply(200, {{"status", "ready"}});
}

/// While the store does not answer, asking it would only make the scrape late: this process' numbers are served alone.
Result<Reply> getMetrics(const Call& call) {
  const auto& ports = call.services.ports;
  auto obstacle = call.services.readiness.obstacle();
  Reply reply;
  reply.contentType = "text/plain; version=0.0.4; charset=utf-8";
  const auto fleet = obstacle.empty()
                         ? call.services.counters.get([&] { return ports.stats.counters(); })
                         : Result<ports::FleetCounters>(Error{ErrorCode::Unavailable, std::move(obstacle)});
  reply.body = ports.metrics.text(fleet, ports.journal.linesLost());
  return reply;
}

}  // namespace lull::api
