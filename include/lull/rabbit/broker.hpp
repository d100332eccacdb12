#pragma once

#include <cstdint>
#include <string>

namespace lull::rabbit {

/// A RabbitMQ broker of the settings. `password` is a secret: never log or print it.
struct Broker {
  std::string name;
  std::string host;
  std::uint16_t port = 5672;
  bool tls = false;
  std::string user;
  std::string password;
  std::string virtualHost = "/";    ///< as it is, not percent-encoded
  std::string exchange{};           ///< of targets that name none; empty: there is none
  std::string caFile{};             ///< PEM; empty: the system's
  std::string clientCertificate{};  ///< PEM of certificate and key; empty: none
};

}  // namespace lull::rabbit
