#pragma once

#include <lull/domain/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace lull::config {

/// Where a RabbitMQ broker listens, and how to log in. `password` is a secret: never log or print it.
struct BrokerAddress {
  bool tls = false;
  std::string host;  ///< a name or an IP literal without brackets
  std::uint16_t port = 5672;
  std::string user;  ///< empty: the Url names none
  std::string password;
  std::string virtualHost = "/";  ///< as it is, not percent-encoded
  std::string exchange;           ///< empty: the Url names none
  bool operator==(const BrokerAddress&) const = default;
};

/// Reads the two forms an operator may have at hand:
///   URI                amqps://user:password@host:5671/vhost   (RabbitMQ URI specification; slashes of vhost are %2F)
///   integration point  amqps:host port:5671 vh:/no/uio/fs ex:ex_fs_messages   (parts in any order, each once)
/// `amqp` is without TLS. The error message names the wrong part and never repeats a password.
Result<BrokerAddress> parseBrokerAddress(std::string_view text);

/// The same text with the password replaced by ***; the whole text becomes *** when it cannot be read.
std::string redactBrokerAddress(std::string_view text);

/// True for "localhost", 127.0.0.0/8 and ::1.
bool isLoopbackHost(std::string_view host);

}  // namespace lull::config
