#include "jobs/jobs_handlers.hpp"

#include "endpoints/representations.hpp"
#include "jobs/job_json.hpp"
#include "letters/letter_filters.hpp"

#include <lull/domain/letter_group.hpp>
#include <lull/ports/absent.hpp>

namespace lull::api {

namespace {

constexpr std::int64_t kMostPerSecond = 10'000;

struct JobRequest {
  ports::JobOrder order;
  bool dryRun = false;
};

ports::JobAction actionOf(const ObjectReader& body) {
  const auto word = body.text("action");
  const auto action = word ? ports::parseJobAction(*word) : std::nullopt;
  if (!action || *action == ports::JobAction::Replay)
    body.note("action", "It must be retry or purge; POST /endpoints/{id}/replay starts a replay.");
  return action.value_or(ports::JobAction::Retry);
}

Result<JobRequest> jobRequest(const Call& call) {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"action", "endpointId", "changeType", "itemId", "status", "reason", "superseded", "since", "until",
                    "ids", "includeSuperseded", "dryRun", "all", "group", "ratePerSecond"});
  reader.refuseNulls();
  JobRequest request;
  auto& order = request.order;
  order.action = actionOf(reader);
  order.filter = letterFilterOf(reader);
  order.includeSuperseded = reader.boolean("includeSuperseded").value_or(false);
  order.ratePerSecond = static_cast<std::uint32_t>(reader.number("ratePerSecond", 1, kMostPerSecond).value_or(0));
  order.by = call.principal.name;
  order.owner = call.principal.scope;
  request.dryRun = reader.boolean("dryRun").value_or(false);
  const auto group = reader.text("group");
  if (group && !narrowToGroup(order.filter, *group))
    reader.note("group",
                "It must be the key of a group of GET /dead-letters/groups, and may not contradict the other filters.");
  if (errors.empty()) reader.requireAllOrFilter(order.filter.empty());
  if (!errors.empty()) return errors.toError();
  return request;
}

/// What a job is of, in the words of the call that started it. A thousand ids would make a list of jobs unreadable, so
/// only their number is told.
http::Json filterOf(const ports::Job& job) {
  const auto& filter = job.filter;
  auto json = http::Json::object();
  if (filter.endpointId) json["endpointId"] = *filter.endpointId;
  if (filter.changeType) json["changeType"] = *filter.changeType;
  if (job.changeTypes != 0) json["changeTypes"] = job.changeTypes;
  if (filter.itemId) json["itemId"] = *filter.itemId;
  if (filter.code) json["status"] = *filter.code;
  if (filter.failure) json["failure"] = toString(*filter.failure);
  if (filter.reason) json["reason"] = toString(*filter.reason);
  if (filter.superseded) json["superseded"] = *filter.superseded;
  if (filter.since) json["since"] = formatRfc3339(*filter.since);
  if (filter.until) json["until"] = formatRfc3339(*filter.until);
  if (!filter.ids.empty()) json["idCount"] = filter.ids.size();
  return json;
}

}  // namespace

http::Json jobJson(const ports::Job& job) {
  return {{"id", job.id},
          {"action", toString(job.action)},
          {"filter", filterOf(job)},
          {"state", toString(job.state)},
          {"total", job.total},
          {"done", job.done},
          {"skipped", job.skipped},
          {"failedAgain", job.failedAgain},
          {"by", job.by},
          {"startedAt", formatRfc3339(job.startedAt)},
          {"finishedAt", instantJson(job.finishedAt)}};
}

Result<http::Response> JobsHandlers::create(Call& call) const {
  auto request = jobRequest(call);
  if (!request) return request.error();
  auto among = ownership.endpointsOf(call.owner);
  if (!among) return among.error();
  request->order.filter.among = *std::move(among);
  if (request->dryRun) {
    const auto count = jobs.count(request->order);
    if (!count) return count.error();
    return http::jsonResponse(200, {{"total", count->total}, {"skipped", count->skipped}});
  }
  const auto job = jobs.start(request->order);
  if (!job) return job.error();
  auto response = http::jsonResponse(202, jobJson(*job));
  call.createdId = job->id;
  response.headers.emplace_back("Location", pathBase + "/api/v1/jobs/" + job->id);
  return response;
}

Result<http::Response> JobsHandlers::list(Call& call) const {
  InputErrors errors;
  const Query query(call.head.query, call.allowedQuery, errors);
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();

  const auto page = jobs.list(request);
  if (!page) return page.error();
  auto items = http::Json::array();
  for (const auto& job : page->items) {
    if (!call.owner || job.owner == *call.owner) items.push_back(jobJson(job));
  }
  return http::jsonResponse(200, {{"items", std::move(items)}, {"nextCursor", nextCursor(page->nextCursor)}});
}

Result<ports::Job> JobsHandlers::jobOf(const Call& call) const {
  auto job = jobs.find(call.id);
  if (job && call.owner && job->owner != *call.owner) return ports::noSuchJob();
  return job;
}

Result<http::Response> JobsHandlers::get(Call& call) const {
  const auto job = jobOf(call);
  if (!job) return job.error();
  return http::jsonResponse(200, jobJson(*job));
}

Result<http::Response> JobsHandlers::cancel(Call& call) const {
  if (call.owner) {
    if (auto job = jobOf(call); !job) return std::move(job).error();
  }
  if (auto cancelled = jobs.cancel(call.id); !cancelled) return std::move(cancelled).error();
  return http::emptyResponse(204);
}

}  // namespace lull::api
