#include "overview/overview_handlers.hpp"

#include "brokers/brokers_handlers.hpp"
#include "endpoints/representations.hpp"
#include "query.hpp"
#include "sources/sources_handlers.hpp"

#include <algorithm>

namespace lull::api {

namespace {

http::Json rowOf(const Endpoint& endpoint, const EndpointState& state, const lull::mailboxes::Polls& polls) {
  http::Json row{{"id", endpoint.id},
                 {"name", endpoint.registration.name},
                 {"queueDepth", state.queueDepth},
                 {"deadLetters", state.deadLetters},
                 {"inFlight", state.inFlight},
                 {"health", toString(state.health())},
                 {"lastSuccessAt", instantJson(state.lastSuccessAt)}};
  if (endpoint.registration.isMailbox()) row["mailbox"] = mailboxJson(state, polls.waitingFor(endpoint.id));
  return row;
}

struct MailboxSums {
  std::uint64_t count = 0;
  std::uint64_t messages = 0;
  Millis oldestAge{0};
  std::size_t waiting = 0;
};

http::Json mailboxesJson(const MailboxSums& sums) {
  return {{"count", sums.count},
          {"messages", sums.messages},
          {"oldestAgeMs", sums.oldestAge.count()},
          {"waiting", sums.waiting}};
}

/// The states of these endpoints, one row each, and what they add up to.
struct Rows {
  MailboxSums mailboxes;
  http::ArrayText text;
  std::size_t endpoints = 0;
  EndpointState sum;  // queueDepth, deadLetters, inFlight, and the earliest nextAttemptAt
};

void addMailbox(MailboxSums& sums, const EndpointState& state) {
  ++sums.count;
  sums.messages += state.queueDepth;
  sums.oldestAge = std::max(sums.oldestAge, state.oldestMessageAge.value_or(Millis{0}));
}

void add(Rows& rows, const Endpoint& endpoint, const EndpointState& state, const lull::mailboxes::Polls& polls) {
  rows.text.add(rowOf(endpoint, state, polls));
  if (endpoint.registration.isMailbox()) {
    addMailbox(rows.mailboxes, state);
    rows.mailboxes.waiting += polls.waitingFor(endpoint.id);
  }
  ++rows.endpoints;
  rows.sum.queueDepth += state.queueDepth;
  rows.sum.deadLetters += state.deadLetters;
  rows.sum.inFlight += state.inFlight;
  const auto& next = state.nextAttemptAt;
  if (next) rows.sum.nextAttemptAt = std::min(*next, rows.sum.nextAttemptAt.value_or(*next));
}

/// Of the endpoints of `owner`; absent: of all.
Result<Rows> endpointRows(ports::EndpointStore& store, const ports::RegistrySnapshot& snapshot,
                          const std::optional<std::string>& owner, const lull::mailboxes::Polls& polls) {
  std::vector<EndpointId> ids;
  for (const auto& [id, endpoint] : snapshot.endpoints) {
    if (!owner || endpoint->owner == *owner) ids.push_back(id);
  }
  const auto states = store.states(ids);
  if (!states) return states.error();
  Rows rows;
  for (std::size_t i = 0; i < ids.size(); ++i) add(rows, *snapshot.endpoints.at(ids[i]), states->at(i), polls);
  return rows;
}

}  // namespace

Result<http::Response> StatsHandlers::ofAll() const {
  const auto counters = stats.counters();
  if (!counters) return counters.error();
  const auto rates = stats.rates();
  if (!rates) return rates.error();
  const auto known = endpoints.all();
  if (!known) return known.error();
  auto rows = endpointRows(endpoints, **known, std::nullopt, polls);
  if (!rows) return rows.error();
  const auto from = sources.list();
  if (!from) return from.error();

  return http::arrayResponse({{"totals",
                               {{"endpoints", (*known)->endpoints.size()},
                                {"queueDepth", counters->pending},
                                {"deadLetters", counters->deadLetters},
                                {"inFlight", counters->inFlight}}}},
                             "endpoints", std::move(rows->text),
                             {{"windowsOpen", counters->windowsOpen},
                              {"streamDepth", counters->streamDepth},
                              {"oldestDueAgeMs", counters->oldestDueAge.count()},
                              {"mailboxes", mailboxesJson({counters->mailboxes, counters->mailboxDepth,
                                                           counters->mailboxOldestAge, polls.waiting()})},
                              {"rates", ratesJson(*rates)},
                              {"sources", sourceStatsJson(*from)},
                              {"brokers", brokerStatsJson(brokers.list())}});
}

http::Json alertJson(const ports::Alert& alert) {
  return {{"at", formatRfc3339(alert.at)},
          {"kind", toString(alert.kind)},
          {"subject", alert.subject},
          {"sentence", alert.sentence},
          {"count", alert.count}};
}

http::Json ratesJson(const ports::Rates& rates) {
  return {{"acceptedPerSecond", rates.accepted},
          {"deliveredPerSecond", rates.delivered},
          {"deadLetteredPerSecond", rates.deadLettered}};
}

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

Result<http::Response> MeHandlers::get(Call& call) const {
  auto roles = http::Json::array();
  for (const auto role : call.principal.roles()) roles.push_back(role);
  return http::jsonResponse(200, {{"principal", call.principal.name}, {"roles", std::move(roles)}});
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

Result<http::Response> SettingsHandlers::list(Call&) const {
  auto items = http::Json::array();
  for (const auto& [key, value, source] : shown) items.push_back({{"key", key}, {"value", value}, {"source", source}});
  return http::jsonResponse(200, {{"items", std::move(items)}});
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

// What is the fleet's is null: windows, stream and rates belong to nobody.
Result<http::Response> StatsHandlers::ofOwner(const std::string& owner) const {
  const auto known = endpoints.all();
  if (!known) return known.error();
  auto rows = endpointRows(endpoints, **known, owner, polls);
  if (!rows) return rows.error();
  const auto now = clock.now();
  const auto age = std::max(now - rows->sum.nextAttemptAt.value_or(now), Millis{0});
  return http::arrayResponse({{"totals",
                               {{"endpoints", rows->endpoints},
                                {"queueDepth", rows->sum.queueDepth},
                                {"deadLetters", rows->sum.deadLetters},
                                {"inFlight", rows->sum.inFlight}}}},
                             "endpoints", std::move(rows->text),
                             {{"windowsOpen", nullptr},
                              {"streamDepth", nullptr},
                              {"oldestDueAgeMs", age.count()},
                              {"mailboxes", mailboxesJson(rows->mailboxes)},
                              {"rates", nullptr},
                              {"sources", nullptr},
                              {"brokers", nullptr}});
}

Result<http::Response> StatsHandlers::get(Call& call) {
  if (call.owner) return ofOwner(*call.owner);
  return kept.get([&] { return ofAll(); });
}

}  // namespace lull::api
