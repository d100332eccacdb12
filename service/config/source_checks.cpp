#include "source_checks.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/nearest.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

namespace lull::config {

namespace {

constexpr std::array<std::string_view, 6> kOfOutbox{"ConnectionString", "Table",    "Columns",
                                                    "TakeSql",          "Interval", "BatchSize"};
constexpr std::array<std::string_view, 4> kOfRabbitMq{"Broker", "Queue", "Prefetch", "DeadLetterExchange"};

/// A key without effect is a misunderstanding.
template <class Keys>
void refuseKeys(Checks& checks, const std::string& prefix, const Keys& keys, const std::string& type) {
  for (const auto name : keys) {
    const auto key = prefix + ":" + std::string(name);
    if (checks.bound().line(key) != nullptr) checks.problem(key, "belongs to sources of the type " + type);
  }
}

void checkBroker(Checks& checks, const SourceSettings& source, const std::string& key) {
  const auto& brokers = checks.bound().settings.brokers;
  const auto known = std::ranges::find(brokers, source.broker, &BrokerSettings::name);
  if (known != brokers.end()) {
    if (known->protocol == BrokerProtocol::Stomp)
      checks.problem(key, "is spoken to by STOMP; allowed: a RabbitMQ, whose Protocol is Amqp");
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& broker : brokers) names.push_back(broker.name);
  const auto nearest = text::nearest(source.broker, names);
  checks.problem(key, "is no name of Brokers; " + (nearest.empty() ? std::string("there are none")
                                                                   : "the nearest is " + text::printable(nearest)));
}

using Owners = std::map<std::string, std::string>;

void checkRabbitMq(Checks& checks, const SourceSettings& source, const std::string& prefix, Owners& queues) {
  refuseKeys(checks, prefix, kOfOutbox, "Outbox");
  if (checks.present(prefix + ":Broker")) checkBroker(checks, source, prefix + ":Broker");
  // Two would share its messages, and a repeat that came to the other one would be another event.
  if (checks.present(prefix + ":Queue")) checks.once(queues, source.broker + "\n" + source.queue, prefix + ":Queue");
}

}  // namespace

void checkSources(Checks& checks) {
  Owners owners;
  Owners queues;
  const auto& sources = checks.bound().settings.sources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto prefix = "Sources:" + checks.bound().sourceIndexes[i];
    const auto nameKey = prefix + ":Name";
    if (checks.present(nameKey)) {
      // Names differ in more than case, so that nobody takes one for another.
      checks.once(owners, text::lowerCase(sources[i].name), nameKey);
    }
    const auto typeKey = prefix + ":Type";
    if (!checks.present(typeKey)) continue;
    if (sources[i].type == SourceType::RabbitMq) {
      checkRabbitMq(checks, sources[i], prefix, queues);
    } else {
      refuseKeys(checks, prefix, kOfRabbitMq, "RabbitMq");
      (void)checks.present(prefix + ":ConnectionString");
    }
  }
}

}  // namespace lull::config
