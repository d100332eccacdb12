#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {

namespace {

constexpr const char* kBrokerUrlForm =
    "amqps://user:password@host:5671/vhost, or amqps:host port:5671 vh:/virtual/host ex:exchange; amqp without TLS";

template <class Member>
auto putBroker(Member member) {
  return [=](RuleTarget& target, auto value) { target.settings.brokers[target.index].*member = std::move(value); };
}

}  // namespace

std::vector<KeyRow> brokerRows() {
  return {
      {"Brokers:{i}:Name", "", "no brokers", text(putBroker(&BrokerSettings::name), kNameForm, checkName),
       Secrecy::Open, "Name by which endpoints choose a broker; see [brokers](brokers.md)."},
      {"Brokers:{i}:Url", "", "",
       parsed<BrokerAddress>(putBroker(&BrokerSettings::address), "text", kBrokerUrlForm, parseBrokerAddress),
       Secrecy::BrokerUrl, "Where a RabbitMQ broker listens; slashes of a virtual host in a URL are `%2F`."},
      {"Brokers:{i}:Username", "", "the one in Url", text(putBroker(&BrokerSettings::username), "any text"),
       Secrecy::Open, "User of the broker."},
      {"Brokers:{i}:Password", "", "the one in Url", text(putBroker(&BrokerSettings::password), "any text"),
       Secrecy::Hidden, "Password of that user."},
      {"Brokers:{i}:CaFile", "", "the system's", readableFile(putBroker(&BrokerSettings::caFile)), Secrecy::FileName,
       "PEM file of the authorities that the broker's certificate is checked against."},
      {"Brokers:{i}:ClientCertificate", "", "none", readableFile(putBroker(&BrokerSettings::clientCertificate)),
       Secrecy::FileName, "PEM file with a certificate and its key, which are shown to the broker."},
  };
}

}  // namespace lull::config
