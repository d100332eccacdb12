#include "overview/fleet_handler.hpp"

#include "endpoints/representations.hpp"
#include "overview/overview_handlers.hpp"

#include <algorithm>
#include <array>

namespace lull::api {

namespace {

http::Json attentionJson(const EndpointNow& one) {
  const auto& state = one.state;
  return {{"endpointId", one.endpoint->id},
          {"name", one.endpoint->registration.name},
          {"health", toString(state.health())},
          {"pausedReason", textOrNull(std::string(toString(state.pausedReason)))},
          {"queueDepth", state.queueDepth},
          {"deadLetters", one.openLetters},
          {"lastError", textOrNull(state.lastError)},
          {"lastSuccessAt", instantJson(state.lastSuccessAt)},
          {"nextAttemptAt", instantJson(state.nextAttemptAt)},
          {"groupsGrowing", one.groupsGrowing}};
}

/// How many there are, by their health.
http::Json healthJson(const std::vector<const EndpointNow*>& endpoints) {
  http::Json json{{"total", endpoints.size()}};
  for (const auto health : {Health::Healthy, Health::Failing, Health::Open, Health::Paused}) {
    json[std::string(toString(health))] =
        std::ranges::count_if(endpoints, [&](const auto* one) { return one->state.health() == health; });
  }
  return json;
}

http::Json attentionList(const std::vector<const EndpointNow*>& needing) {
  auto list = http::Json::array();
  for (std::size_t i = 0; i < std::min(needing.size(), FleetHandler::kMostAttention); ++i)
    list.push_back(attentionJson(*needing[i]));
  return list;
}

/// The numbers of the whole fleet.
void addFleet(const FleetSnapshot& fleet, http::Json& json) {
  const auto& counters = fleet.counters;
  json["windowsOpen"] = counters.windowsOpen;
  json["streamDepth"] = counters.streamDepth;
  json["oldestDueAgeMs"] = counters.oldestDueAge.count();
  json["queueDepth"] = counters.pending;
  json["inFlight"] = counters.inFlight;
  json["deadLetters"] = counters.deadLetters;
  json["rates"] = ratesJson(fleet.rates);
}

/// What is the fleet's is null, as in /stats: windows, stream and rates belong to nobody.
void addOwn(const FleetSnapshot& fleet, const std::vector<const EndpointNow*>& endpoints, http::Json& json) {
  EndpointState sum;
  Instant due = fleet.at;
  for (const auto* one : endpoints) {
    sum.queueDepth += one->state.queueDepth;
    sum.inFlight += one->state.inFlight;
    sum.deadLetters += one->state.deadLetters;
    due = std::min(due, one->state.nextAttemptAt.value_or(due));
  }
  json["windowsOpen"] = nullptr;
  json["streamDepth"] = nullptr;
  json["oldestDueAgeMs"] = (fleet.at - due).count();
  json["queueDepth"] = sum.queueDepth;
  json["inFlight"] = sum.inFlight;
  json["deadLetters"] = sum.deadLetters;
  json["rates"] = nullptr;
}

}  // namespace

Result<http::Response> FleetHandler::get(Call& call) {
  const auto read = kept.get([&] { return readFleet(sources); });
  if (!read) return read.error();
  const auto& fleet = **read;
  std::vector<const EndpointNow*> endpoints;
  for (const auto& one : fleet.endpoints) {
    if (!call.owner || one.endpoint->owner == *call.owner) endpoints.push_back(&one);
  }
  http::Json json{{"at", formatRfc3339(fleet.at)}, {"endpoints", healthJson(endpoints)}};
  call.owner ? addOwn(fleet, endpoints, json) : addFleet(fleet, json);
  const auto needing = needingAttention(endpoints);
  json["attentionTotal"] = needing.size();
  json["attention"] = attentionList(needing);
  auto& alerts = json["alerts"] = http::Json::array();
  if (!call.owner) {
    for (const auto& alert : fleet.alerts) alerts.push_back(alertJson(alert));
  }
  return http::jsonResponse(200, json);
}

}  // namespace lull::api
