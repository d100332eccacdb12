#pragma once

#include <lull/ports/transport.hpp>
#include <lull/runtime/guarded.hpp>

#include <cpprest/http_client.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace lull::net {

/// One http_client, and with it one pool of connections, per origin and address; unused ones go after a minute.
/// Thread-safe.
class CppRestClients {
 public:
  using Client = std::shared_ptr<web::http::client::http_client>;
  struct Lease {
    Client client;
    bool usedBefore = false;  ///< its pool may hold connections
  };

  explicit CppRestClients(std::string caFile) : caFile_(std::move(caFile)) {}

  /// True when cpprestsdk can be held to the request's address: in plain http, and for https when the Host header,
  /// which it takes the name for SNI and the certificate from, has no port.
  static bool canPin(const ports::HttpPost& request);

  Lease forRequest(const ports::HttpPost& request);
  /// A client without pooled connections, which takes the place of the one that turned out stale.
  Client replace(const ports::HttpPost& request);

 private:
  struct Entry {
    Client client;
    std::chrono::steady_clock::time_point usedAt;
  };
  struct Pool {
    std::map<std::string, Entry> entries;
    std::chrono::steady_clock::time_point sweptAt;
  };

  Client make(const std::string& base) const;

  const std::string caFile_;
  runtime::Guarded<Pool> pool_;
};

}  // namespace lull::net
