#include "cpprest_clients.hpp"

#include "cpprest_tls.hpp"

namespace lull::net {

namespace {

constexpr std::chrono::seconds kIdle{60};
constexpr std::chrono::seconds kSweepEvery{10};
constexpr std::chrono::minutes kInactivity{10};  // never reached: the total deadline of a request is shorter
constexpr std::uint16_t kHttpsPort = 443;

std::string baseOf(const ports::HttpRequest& request) {
  const auto& target = request.target;
  // An IPv6 address stands without brackets: cpprestsdk hands what it finds before the last colon to the resolver.
  return (target.tls ? "https://" : "http://") +
         (CppRestClients::canPin(request) ? request.addresses.front() : target.host) + ":" +
         std::to_string(target.port);
}

std::string keyOf(const ports::HttpRequest& request, const std::string& base) {
  return base + " " + request.target.hostHeader + " " + request.addresses.front();
}

}  // namespace

bool CppRestClients::canPin(const ports::HttpRequest& request) {
  return !request.target.tls || request.target.port == kHttpsPort;
}

CppRestClients::Chosen CppRestClients::forRequest(const ports::HttpRequest& request) {
  const auto now = std::chrono::steady_clock::now();
  const auto base = baseOf(request);
  auto pool = pool_.lock();
  if (now - pool->sweptAt > kSweepEvery) {
    std::erase_if(pool->entries, [now](const auto& entry) { return now - entry.second.usedAt > kIdle; });
    pool->sweptAt = now;
  }
  auto [entry, added] = pool->entries.try_emplace(keyOf(request, base));
  if (added) entry->second.client = make(base);
  entry->second.usedAt = now;
  return {entry->second.client, !added};
}

CppRestClients::Client CppRestClients::replace(const ports::HttpRequest& request) {
  const auto base = baseOf(request);
  auto client = make(base);
  pool_.lock()->entries[keyOf(request, base)] = {client, std::chrono::steady_clock::now()};
  return client;
}

CppRestClients::Client CppRestClients::make(const std::string& base) const {
  web::http::client::http_client_config config;
  config.set_max_redirects(0);
  config.set_timeout(kInactivity);
  trust(config, caFile_);
  return std::make_shared<web::http::client::http_client>(web::uri(base), config);
}

}  // namespace lull::net
