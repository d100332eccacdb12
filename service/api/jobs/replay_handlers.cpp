#include "jobs/replay_handlers.hpp"

#include "endpoints/representations.hpp"
#include "jobs/job_json.hpp"
#include "object_reader.hpp"

#include <lull/formats/formats.hpp>

namespace lull::api {

namespace {

struct ReplayRequest {
  ports::JobOrder order;
  bool dryRun = false;
};

std::uint32_t changeTypesOf(const ObjectReader& body, const Endpoint& endpoint, const Catalogue& catalogue) {
  const auto all = endpoint.registration.changeTypes;
  const auto asked = body.number("changeTypes", 1, ~std::uint32_t{0});
  if (!asked) return all;
  const auto mask = static_cast<std::uint32_t>(*asked);
  if ((mask & ~all) == 0) return mask;
  std::string names;
  for (const auto& name : catalogue.namesOf(all)) names.append(names.empty() ? "" : ", ").append(name);
  body.note("changeTypes", "The endpoint subscribes to " + std::to_string(all) + " only (" + names + ").");
  return all;
}

Result<ReplayRequest> replayRequest(const Call& call, const Endpoint& endpoint, const Catalogue& catalogue) {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"since", "changeTypes", "dryRun"});
  reader.refuseNulls();
  ReplayRequest request;
  auto& order = request.order;
  order.action = ports::JobAction::Replay;
  order.filter.endpointId = endpoint.id;
  order.filter.since = reader.instant("since");
  if (reader.find("since") == nullptr) reader.note("since", "It is required: from when on changes are told again.");
  order.changeTypes = changeTypesOf(reader, endpoint, catalogue);
  order.by = call.principal.name;
  order.owner = call.principal.scope;
  request.dryRun = reader.boolean("dryRun").value_or(false);
  if (!errors.empty()) return errors.toError();
  return request;
}

// The index of changes keeps of an event its item, base item, operation and type. What it does not keep cannot be told
// again, nor be judged by a filter.
Status judge(const Registration& registration, const formats::Formats& formats) {
  const auto conflict = [](std::string sentence) { return Error{ErrorCode::Conflict, std::move(sentence)}; };
  if (registration.isMailbox())
    return conflict(
        "A mailbox is given the data and the scope of events, and neither is remembered; it keeps each message until "
        "its client confirms it.");
  if (registration.telling.delivery == Delivery::Sync)
    return conflict(
        "It is called within the requests that publish events (delivery sync), so nothing can be queued for it.");
  if (!registration.filter.fields.empty())
    return conflict("Its filter lists fields, and it is not remembered which fields the changes of an item concerned.");
  if (!registration.filter.scopes.empty())
    return conflict("Its filter lists scopes, and the scope of an item is not remembered.");
  const auto format = formats.of(registration);
  if (!format) return conflict(format.error().message);
  const auto& name = (*format)->text.name;
  if ((*format)->shows(formats::Field::Data))
    return conflict("Its format " + name + " shows {data}, and the data of events is not remembered.");
  if ((*format)->shows(formats::Field::Scope))
    return conflict("Its format " + name + " shows {scope}, and the scope of events is not remembered.");
  return Done{};
}

void addReach(http::Json& json, const std::optional<Instant>& completeSince) {
  if (completeSince) json["completeSince"] = formatRfc3339(*completeSince);
}

}  // namespace

Result<http::Response> ReplayHandlers::start(Call& call) const {
  const auto endpoint = endpoints.find(call.id);
  if (!endpoint) return endpoint.error();
  if (endpoint->registration.isMailbox()) return judge(endpoint->registration, formats).error();
  const auto request = replayRequest(call, *endpoint, catalogue);
  if (!request) return request.error();
  if (auto judged = judge(endpoint->registration, formats); !judged) return std::move(judged).error();
  if (request->dryRun) {
    const auto count = jobs.count(request->order);
    if (!count) return count.error();
    http::Json json{{"total", count->total}, {"skipped", count->skipped}};
    addReach(json, count->completeSince);
    return http::jsonResponse(200, json);
  }
  const auto job = jobs.start(request->order);
  if (!job) return job.error();
  auto json = jobJson(*job);
  addReach(json, job->completeSince);
  auto response = http::jsonResponse(202, json);
  call.createdId = job->id;
  response.headers.emplace_back("Location", pathBase + "/api/v1/jobs/" + job->id);
  return response;
}

}  // namespace lull::api
