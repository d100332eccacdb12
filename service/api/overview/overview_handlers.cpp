#include "overview/overview_handlers.hpp"

#include "endpoints/representations.hpp"
#include "query.hpp"

namespace lull::api {

namespace {

http::Json alertJson(const ports::Alert& alert) {
  return {{"at", formatRfc3339(alert.at)},
          {"kind", toString(alert.kind)},
          {"subject", alert.subject},
          {"sentence", alert.sentence},
          {"count", alert.count}};
}

// The states of this many endpoints are read in one call.
constexpr std::size_t kMostStates = 500;

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
    for (; next != snapshot.endpoints.end() && ids.size() < kMostStates; ++next) ids.push_back(next->first);
    const auto states = store.states(ids);
    if (!states) return states.error();
    for (const auto& state : *states) rows.add(rowOf(*(row++)->second, state));
  }
  return rows;
}

Result<http::Response> readStats(ports::Stats& stats, ports::EndpointStore& store) {
  const auto counters = stats.counters();
  if (!counters) return counters.error();
  const auto rates = stats.rates();
  if (!rates) return rates.error();
  const auto endpoints = store.all();
  if (!endpoints) return endpoints.error();
  auto rows = endpointRows(store, **endpoints);
  if (!rows) return rows.error();

  return http::arrayResponse({{"totals",
                               {{"endpoints", (*endpoints)->endpoints.size()},
                                {"queueDepth", counters->pending},
                                {"deadLetters", counters->deadLetters},
                                {"inFlight", counters->inFlight}}}},
                             "endpoints", *std::move(rows),
                             {{"windowsOpen", counters->windowsOpen},
                              {"streamDepth", counters->streamDepth},
                              {"oldestDueAgeMs", counters->oldestDueAge.count()},
                              {"rates",
                               {{"acceptedPerSecond", rates->accepted},
                                {"deliveredPerSecond", rates->delivered},
                                {"deadLetteredPerSecond", rates->deadLettered}}}});
}

}  // namespace

Result<http::Response> CatalogueHandlers::list(Call&) const {
  auto items = http::Json::array();
  for (const auto& type : catalogue.types()) {
    auto events = http::Json::array();
    for (const auto& event : type.events) events.push_back(event.name);
    items.push_back(
        {{"name", type.name}, {"value", type.value}, {"events", std::move(events)}, {"idName", type.idName}});
  }
  return http::jsonResponse(200, {{"items", std::move(items)}, {"nextCursor", nullptr}});
}

Result<http::Response> FormatsHandlers::list(Call&) const {
  auto items = http::Json::array();
  for (const auto& format : formats.all()) {
    items.push_back({{"name", format.text.name},
                     {"contentType", format.text.contentType},
                     {"body", format.text.body},
                     {"builtIn", format.builtIn},
                     {"unavailable", textOrNull(format.unavailable)}});
  }
  return http::jsonResponse(200, {{"items", std::move(items)}, {"nextCursor", nullptr}});
}

Result<http::Response> AlertsHandlers::list(Call& call) const {
  InputErrors errors;
  const Query query(call.head.query, call.allowedQuery, errors);
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();

  const auto page = alerts.list(request);
  if (!page) return page.error();
  auto items = http::Json::array();
  for (const auto& alert : page->items) items.push_back(alertJson(alert));
  return http::jsonResponse(200, {{"items", std::move(items)}, {"nextCursor", nextCursor(page->nextCursor)}});
}

Result<http::Response> StatsHandlers::get(Call&) {
  return kept.get([&] { return readStats(stats, endpoints); });
}

}  // namespace lull::api
