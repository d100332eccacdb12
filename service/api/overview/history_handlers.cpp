#include "overview/history_handlers.hpp"

#include "endpoints/representations.hpp"
#include "query.hpp"

#include <lull/history/roll_up.hpp>
#include <lull/http/json.hpp>
#include <lull/ports/absent.hpp>
#include <lull/text/ascii.hpp>

#include <algorithm>

namespace lull::api {

namespace {

constexpr Millis kUsualStep = std::chrono::minutes(1);

/// Without `step` it is a minute, and of an endpoint the only length that there is.
Millis stepIn(const Query& query, bool ofEndpoint, InputErrors& errors) {
  const auto given = query.text("step");
  if (!given) return ofEndpoint ? ports::kAttemptSlot : kUsualStep;
  const auto span = parseTimeSpan(text::trimmed(*given, text::kAllBlanks)).value;
  if (ofEndpoint) {
    if (span != ports::kAttemptSlot) errors.add("step", "Attempts of an endpoint are counted by 00:05:00.");
    return ports::kAttemptSlot;
  }
  if (span && std::ranges::find(history::kSteps, *span) != history::kSteps.end()) return *span;
  errors.add("step", "It must be 00:00:10, 00:01:00, 00:05:00 or 01:00:00.");
  return kUsualStep;
}

/// The beginning of the first step that begins at `at` or later.
Instant nextBegin(Instant at, Millis step) {
  return history::stepBegin(at + step - Millis{1}, step);
}

http::Json lagJson(const std::optional<Millis>& lag) {
  return lag ? http::Json(lag->count()) : http::Json();
}

http::Json stepJson(const history::Step& step) {
  return {{"at", formatRfc3339(step.at)},
          {"accepted", step.accepted},
          {"coalesced", step.coalesced},
          {"delivered", step.delivered},
          {"failed", step.failed},
          {"deadLettered", step.deadLettered},
          {"lagP50Ms", lagJson(step.lagP50)},
          {"lagP99Ms", lagJson(step.lagP99)},
          {"oldestDueAgeMs", step.oldestDueAge.count()},
          {"queueDepth", step.queueDepth}};
}

http::Response reply(Millis step, http::ArrayText items) {
  // The array comes last, so the other member stands before it.
  http::Response response;
  response.body = R"({"step":")" + formatTimeSpan(step) + R"(","items":)" + std::move(items).take() + "}";
  return response;
}

}  // namespace

Result<http::Response> HistoryHandlers::get(Call& call) const {
  InputErrors errors;
  const Query query(call.head.query, call.allowedQuery, errors);
  const auto since = query.instant("since");
  const auto id = query.filter("endpointId");
  const auto step = stepIn(query, id.has_value(), errors);
  if (call.owner && !id)
    errors.add("endpointId", "It is required, because you see the history of your own endpoints only.");
  if (!errors.empty()) return errors.toError();
  if (id) {
    if (auto judged = ownership.judge(call.owner, *id); !judged) return std::move(judged).error();
  }
  return id ? ofEndpoint(*id, since) : ofFleet(since, step);
}

Result<http::Response> HistoryHandlers::ofFleet(const std::optional<Instant>& since, Millis step) const {
  const auto now = clock.now();
  const Millis most = kMostSteps * step;
  const auto oldest = nextBegin(now - ports::kHistoryKept, step);
  const auto from = std::max(oldest, since ? nextBegin(*since, step) : history::stepBegin(now, step) - most);
  const auto records = history.read(from, from + most);
  if (!records) return records.error();
  http::ArrayText items;
  for (const auto& one : history::rollUp(*records, step)) items.add(stepJson(one));
  return reply(step, std::move(items));
}

Result<http::Response> HistoryHandlers::ofEndpoint(const EndpointId& id, const std::optional<Instant>& since) const {
  const auto known = endpoints.all();
  if (!known) return known.error();
  const auto found = (*known)->endpoints.find(id);
  if (found == (*known)->endpoints.end()) return ports::noSuchEndpoint();
  const auto slots = history.attemptsOf(id);
  if (!slots) return slots.error();
  http::ArrayText items;
  for (const auto& slot :
       history::everySlot(*slots, since.value_or(Instant{}), found->second->createdAt, clock.now())) {
    items.add({{"at", formatRfc3339(slot.at)}, {"attempts", slot.counts.attempts}, {"failures", slot.counts.failures}});
  }
  return reply(ports::kAttemptSlot, std::move(items));
}

}  // namespace lull::api
