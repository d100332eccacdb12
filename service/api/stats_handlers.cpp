#include "handlers.hpp"
#include "representations.hpp"

namespace lull::api {

namespace {

// The states of so many endpoints are read in one call.
constexpr std::size_t kMostAtOnce = 500;

http::Json rowOf(const Endpoint& endpoint, const EndpointState& state) {
  return {{"id", endpoint.id},
          {"name", endpoint.registration.name},
          {"queueDepth", state.queueDepth},
          {"deadLetters", state.deadLetters},
          {"inFlight", state.inFlight},
          {"health", toString(state.health())},
          {"lastSuccessAt", instantJson(state.lastSuccessAt)}};
}

Result<http::ArrayText> endpointRows(ports::EndpointStore& store, const ports::RegistrySnapshot& snapshot) {
  http::ArrayText rows;
  for (auto next = snapshot.endpoints.begin(); next != snapshot.endpoints.end();) {
    std::vector<EndpointId> ids;
    auto row = next;
    for (; next != snapshot.endpoints.end() && ids.size() < kMostAtOnce; ++next) ids.push_back(next->first);
    const auto states = store.states(ids);
    if (!states) return states.error();
    for (const auto& state : *states) rows.add(rowOf(*(row++)->second, state));
  }
  return rows;
}

Result<http::Response> readStats(const ApiDependencies& ports) {
  const auto counters = ports.stats.counters();
  if (!counters) return counters.error();
  const auto rates = ports.stats.rates();
  if (!rates) return rates.error();
  const auto endpoints = ports.endpoints.all();
  if (!endpoints) return endpoints.error();
  auto rows = endpointRows(ports.endpoints, **endpoints);
  if (!rows) return rows.error();

  return http::arrayResponse({{"totals",
                               {{"endpoints", (*endpoints)->endpoints.size()},
                                {"queueDepth", counters->pending},
                                {"deadLetters", counters->deadLetters},
                                {"inFlight", counters->inFlight}}}},
                             "endpoints", *std::move(rows),
                             {{"windowsOpen", counters->windowsOpen},
                              {"oldestDueAgeMs", counters->oldestDueAge.count()},
                              {"rates",
                               {{"acceptedPerSecond", rates->accepted},
                                {"deliveredPerSecond", rates->delivered},
                                {"deadLetteredPerSecond", rates->deadLettered}}}});
}

}  // namespace

Result<http::Response> getStats(const Call& call) {
  return call.services.stats.get([&] { return readStats(call.services.ports); });
}

}  // namespace lull::api
