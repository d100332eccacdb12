#include "brokers/brokers_handlers.hpp"

#include "endpoints/representations.hpp"

#include <lull/domain/time.hpp>

#include <algorithm>
#include <utility>

namespace lull::api {

namespace {

/// What waits in the queues of the endpoints of one broker.
struct Waiting {
  std::uint64_t queued = 0;
  Millis lag{0};
};

void add(Waiting& waiting, const EndpointState& state, Instant now) {
  waiting.queued += state.queueDepth;
  if (state.dueSince) waiting.lag = std::max(waiting.lag, now - *state.dueSince);
}

http::Json nameJson(const ports::BrokerStatus& broker) {
  return {{"name", broker.name}, {"protocol", textOrNull(broker.protocol)}, {"state", toString(broker.link.state)}};
}

http::Json brokerJson(const ports::BrokerStatus& broker, const Waiting& waiting) {
  auto json = nameJson(broker);
  json["since"] = instantJson(broker.link.since);
  json["lastError"] = textOrNull(broker.link.lastError);
  json["endpoints"] = broker.endpoints.size();
  json["queued"] = waiting.queued;
  json["lag"] = formatTimeSpan(waiting.lag);
  json["inFlight"] = broker.link.inFlight;
  json["confirmed"] = broker.link.confirmed;
  return json;
}

Result<http::Response> read(const ports::Brokers& brokers, ports::EndpointStore& endpoints, Instant now) {
  const auto all = brokers.list();
  std::vector<EndpointId> ids;
  for (const auto& broker : all) ids.insert(ids.end(), broker.endpoints.begin(), broker.endpoints.end());
  const auto states = endpoints.statesWithWaits(ids);
  if (!states) return states.error();
  auto state = states->begin();
  auto items = http::Json::array();
  for (const auto& broker : all) {
    Waiting waiting;
    for (std::size_t i = 0; i < broker.endpoints.size(); ++i) add(waiting, *state++, now);
    items.push_back(brokerJson(broker, waiting));
  }
  return http::jsonResponse(200, {{"items", std::move(items)}});
}

}  // namespace

http::Json brokerStatsJson(const std::vector<ports::BrokerStatus>& brokers) {
  auto items = http::Json::array();
  for (const auto& broker : brokers) {
    auto json = nameJson(broker);
    json["endpoints"] = broker.endpoints.size();
    json["inFlight"] = broker.link.inFlight;
    json["confirmed"] = broker.link.confirmed;
    items.push_back(std::move(json));
  }
  return items;
}

http::Json brokerStatesJson(const std::vector<ports::BrokerStatus>& brokers) {
  auto items = http::Json::array();
  for (const auto& broker : brokers) items.push_back(nameJson(broker));
  return items;
}

Result<http::Response> BrokersHandlers::list(Call&) {
  return kept.get([&] { return read(brokers, endpoints, clock.now()); });
}

}  // namespace lull::api
