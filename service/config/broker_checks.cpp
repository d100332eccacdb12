#include "broker_checks.hpp"

#include "addresses.hpp"

#include <lull/text/ascii.hpp>

#include <map>
#include <string>

namespace lull::config {

namespace {

/// User and password stand in the URL, or in keys of their own; from here on they are in `address`.
void resolveLogin(Checks& checks, BrokerSettings& broker, const std::string& prefix) {
  auto& address = broker.address;
  const bool own = !broker.username.empty() || !broker.password.empty();
  if (!address.user.empty()) {
    if (own)
      checks.problem(prefix + ":Url", "holds a user, and Username or Password is set, too; allowed: one of them");
    return;
  }
  if (!checks.present(prefix + ":Username") || !checks.present(prefix + ":Password")) return;
  address.user = broker.username;
  address.password = broker.password;
}

/// The ports at which ActiveMQ listens for STOMP.
void resolveStomp(Checks& checks, BrokerSettings& broker, const std::string& prefix) {
  constexpr std::uint16_t kStompPort = 61613;
  constexpr std::uint16_t kStompTlsPort = 61614;
  auto& address = broker.address;
  if (broker.protocol != BrokerProtocol::Stomp) return;
  if (!address.portGiven) address.port = address.tls ? kStompTlsPort : kStompPort;
  if (!address.exchange.empty()) checks.problem(prefix + ":Url", "names an exchange, which STOMP does not have");
  // Keys of their own hold none, but a URL may have %0A.
  if ((address.user + address.password).find_first_of("\r\n") != std::string::npos)
    checks.problem(prefix + ":Url", "has a line break in user or password, which STOMP has no way to send");
}

void warnOfTheWay(Checks& checks, const BrokerSettings& broker, const std::string& prefix) {
  const auto& address = broker.address;
  if (!address.tls && !isLoopbackHost(address.host)) {
    checks.warning(prefix + ":Url", "is without TLS: whoever sits between reads the password and all messages");
  }
  if (address.tls && isIpLiteral(address.host) && broker.protocol == BrokerProtocol::Amqp) {
    checks.warning(
        prefix + ":Url",
        "names an address: for the channel rabbitmq certificates are matched by names only, so no connection "
        "will come about");
  }
  if (!address.tls && !(broker.caFile.empty() && broker.clientCertificate.empty()))
    checks.warning(prefix + ":Url", "is without TLS: CaFile and ClientCertificate have no effect");
}

}  // namespace

void resolveBrokers(Checks& checks) {
  std::map<std::string, std::string> owners;
  auto& brokers = checks.bound().settings.brokers;
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    const auto prefix = "Brokers:" + checks.bound().brokerIndexes[i];
    if (checks.present(prefix + ":Name")) {
      checks.once(owners, text::lowerCase(brokers[i].name), prefix + ":Name");
    }
    if (!checks.present(prefix + ":Url")) continue;
    resolveLogin(checks, brokers[i], prefix);
    resolveStomp(checks, brokers[i], prefix);
    warnOfTheWay(checks, brokers[i], prefix);
  }
}

}  // namespace lull::config
