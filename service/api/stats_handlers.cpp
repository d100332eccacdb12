#include "handlers.hpp"
#include "representations.hpp"

namespace lull::api {

Result<Reply> getStats(const Call& call) {
  const auto& ports = call.services.ports;
  const auto counters = ports.stats.counters();
  if (!counters) return counters.error();
  const auto rates = ports.stats.rates();
  if (!rates) return rates.error();
  const auto endpoints = ports.endpoints.all();
  if (!endpoints) return endpoints.error();
  std::vector<EndpointId> ids;
  ids.reserve(endpoints->size());
  for (const auto& endpoint : *endpoints) ids.push_back(endpoint.id);
  const auto states = ports.endpoints.states(ids);
  if (!states) return states.error();

  auto rows = Json::array();
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    const auto& endpoint = (*endpoints)[i];
    const auto& state = states->at(i);
    rows.push_back({{"id", endpoint.id},
                    {"name", endpoint.registration.name},
                    {"queueDepth", state.queueDepth},
                    {"deadLetters", state.deadLetters},
                    {"inFlight", state.inFlight},
                    {"health", toString(state.health())},
                    {"lastSuccessAt", instantJson(state.lastSuccessAt)}});
  }
  return jsonReply(200, {{"totals",
                          {{"endpoints", endpoints->size()},
                           {"queueDepth", counters->pending},
                           {"deadLetters", counters->deadLetters},
                           {"inFlight", counters->inFlight}}},
                         {"endpoints", std::move(rows)},
                         {"windowsOpen", counters->windowsOpen},
                         {"oldestDueAgeMs", counters->oldestDueAge.count()},
                         {"rates",
                          {{"acceptedPerSecond", rates->accepted},
                           {"deliveredPerSecond", rates->delivered},
                           {"deadLetteredPerSecond", rates->deadLettered}}}});
}

}  // namespace lull::api
