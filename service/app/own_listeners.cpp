#include "own_listeners.hpp"

#include <lull/net/ip_address.hpp>

#include <netdb.h>

#include <memory>
#include <string>

namespace lull::app {

namespace {

using Listeners = std::vector<net::EgressRules::OwnListener>;

void addUrls(const std::vector<config::ListenAddress>& urls, Listeners& all) {
  for (const auto& address : urls) {
    if (address.port == 0) continue;  // chosen by the system after the rules are made: tests only
    if (address.host == "*") {
      all.push_back({"0.0.0.0", address.port});
      all.push_back({"::", address.port});
    } else if (address.host == "localhost") {
      all.push_back({"127.0.0.1", address.port});
      all.push_back({"::1", address.port});
    } else {
      all.push_back({address.host, address.port});
    }
  }
}

std::vector<net::IpAddress> addressesOf(const std::string& host) {
  if (const auto literal = net::IpAddress::parse(host)) return {*literal};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};  // then the start fails at Redis itself
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  std::vector<net::IpAddress> addresses;
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    if (const auto address = net::IpAddress::of(each->ai_addr)) addresses.push_back(*address);
  }
  return addresses;
}

bool isLoopback(const net::IpAddress& address) {
  static const auto kV4 = net::Cidr::parse("127.0.0.0/8").value();
  static const auto kV6 = net::Cidr::parse("::1").value();
  return kV4.contains(address) || kV6.contains(address);
}

void addRedis(const config::RedisAddress& redis, Listeners& all) {
  if (!redis.unixPath.empty()) return;
  for (const auto& address : addressesOf(redis.host)) {
    // A Redis on this machine may listen on more addresses than the one that we use.
    all.push_back({isLoopback(address) ? "0.0.0.0" : address.text(), redis.port});
  }
}

}  // namespace

std::vector<net::EgressRules::OwnListener> ownListeners(const config::Settings& settings, RedisKnown redis) {
  Listeners all;
  addUrls(settings.urls, all);
  addUrls(settings.management.urls, all);
  if (redis == RedisKnown::Yes && settings.redis.address) addRedis(*settings.redis.address, all);
  return all;
}

}  // namespace lull::app
