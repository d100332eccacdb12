#include "overview/live_handler.hpp"

#include "endpoints/queue_handlers.hpp"
#include "endpoints/representations.hpp"
#include "query.hpp"

#include <lull/ports/absent.hpp>

#include <algorithm>

namespace lull::api {

namespace {

/// A line of the attempt log, and whose it is. What the receiver said is left to /attempts.
http::Json liveJson(const EndpointId& id, const std::string& name, const AttemptRecord& attempt) {
  http::Json json{{"at", formatRfc3339(attempt.at)}, {"endpointId", id}, {"endpointName", name}};
  json.update(attemptJson(attempt));
  json.erase("responseExcerpt");
  return json;
}

http::Response liveReply(Instant at, http::ArrayText items) {
  // The array comes last, so the other member stands before it.
  http::Response response;
  response.body = R"({"at":")" + formatRfc3339(at) + R"(","items":)" + std::move(items).take() + "}";
  return response;
}

}  // namespace

std::shared_ptr<LiveLog> LiveHandler::logOf(const std::string& owner) {
  const std::lock_guard guard(mutex_);
  auto& owned = owned_[owner];
  owned.lastAsked = ++asked_;
  auto log = owned.log;
  if (owned_.size() > kMostOwners)
    owned_.erase(std::ranges::min_element(owned_, {}, [](const auto& one) { return one.second.lastAsked; }));
  return log;
}

/// The log of one endpoint is read as /attempts reads it: it holds what the fleet's newest may have pushed out.
Result<http::Response> LiveHandler::ofEndpoint(const EndpointId& id, const ports::AttemptFilter& filter) const {
  const auto known = sources_.endpoints.all();
  if (!known) return known.error();
  const auto endpoint = (*known)->endpoints.find(id);
  if (endpoint == (*known)->endpoints.end()) return ports::noSuchEndpoint();
  const auto attempts = queue_.attempts(id, filter);
  if (!attempts) return attempts.error();
  http::ArrayText items;
  for (std::size_t i = 0; i < std::min(attempts->size(), LiveLog::kMost); ++i)
    items.add(liveJson(id, endpoint->second->registration.name, (*attempts)[i]));
  return liveReply(sources_.clock.now(), std::move(items));
}

Result<http::Response> LiveHandler::get(Call& call) {
  InputErrors errors;
  const Query query(call.head.query, call.allowedQuery, errors);
  const ports::AttemptFilter filter{outcomeFilter(query, errors), {}};
  const auto id = query.filter("endpointId");
  if (!errors.empty()) return errors.toError();
  if (id) {
    if (auto judged = ownership_.judge(call.owner, *id); !judged) return std::move(judged).error();
    return ofEndpoint(*id, filter);
  }
  const auto view = call.owner ? logOf(*call.owner)->get(sources_, call.owner) : fleet_.get(sources_, std::nullopt);
  if (!view) return view.error();
  http::ArrayText items;
  std::size_t shown = 0;
  for (const auto& [logged, name] : (*view)->attempts) {
    if (shown == LiveLog::kMost) break;
    if (filter.outcome && *filter.outcome != outcomeWord(logged.attempt)) continue;
    items.add(liveJson(logged.endpoint, name, logged.attempt));
    ++shown;
  }
  return liveReply((*view)->at, std::move(items));
}

}  // namespace lull::api
