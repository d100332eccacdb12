#pragma once

#include <lull/ports/transport.hpp>
#include <lull/runtime/guarded.hpp>

#include <cpprest/http_client.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace lull::net {

/// One http_client, and with it one pool of connections, per origin and address; unused ones are dropped after a
/// minute. Thread-safe.
class CppRestClients {
 public:
  using Client = std::shared_ptr<web::http::client::http_client>;
  struct Chosen {
    Client client;
    bool usedBefore = false;  ///< its pool may hold connections
  };

  explicit CppRestClients(std::string caFile) : caFile_(std::move(caFile)) {}

  /// True when cpprestsdk connects to the given address only: in plain http, and in https when the Host header, from
  /// which it takes the name for SNI and for the certificate, has no port.
  static bool canPin(const ports::HttpRequest& request);

  Chosen forRequest(const ports::HttpRequest& request);
  /// Puts a client without pooled connections in the place of the one whose connections turned out stale.
  Client replace(const ports::HttpRequest& request);

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
