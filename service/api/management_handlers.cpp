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
  reply.body = obstacle.empty() ? ports.metrics.text(ports.stats.counters())
                                : ports.metrics.text(Error{ErrorCode::Unavailable, std::move(obstacle)});
  return reply;
}

}  // namespace lull::api
