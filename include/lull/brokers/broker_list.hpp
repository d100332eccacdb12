#pragma once

#include <lull/ports/brokers.hpp>
#include <lull/ports/registry.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lull::brokers {

/// A broker of the settings, by its name.
struct ListedBroker {
  std::string name;
  bool stomp = false;  ///< it is spoken to by STOMP, so only the channel amqp reaches it
};

/// Asks one channel for its way to a broker; absent: it has none.
using LinkOf = std::function<std::optional<ports::BrokerLink>(const std::string& broker)>;

/// The ways of both channels, and the endpoints that want them. A way that nobody has used is not listed, unless it
/// stands for a broker that nobody has used at all. Thread-safe as what it is given, which outlives it.
class BrokerList final : public ports::Brokers {
 public:
  BrokerList(const ports::RegistryReader& registry, std::vector<ListedBroker> brokers, LinkOf rabbit, LinkOf amqp);

  std::vector<ports::BrokerStatus> list() const override;

 private:
  const ports::RegistryReader& registry_;
  const std::vector<ListedBroker> brokers_;
  const LinkOf rabbit_;
  const LinkOf amqp_;
};

}  // namespace lull::brokers
