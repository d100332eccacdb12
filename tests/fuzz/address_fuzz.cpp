#include "api/endpoints/webhook_rules.hpp"
#include "fuzz.hpp"

#include <lull/net/address_guard.hpp>
#include <lull/net/ip_address.hpp>
#include <lull/net/target.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

namespace {

using namespace lull;

const net::AddressGuard& publicOnly() {
  static const auto guard = [] {
    net::EgressRules rules;
    rules.allowedPorts = {{80, 80}, {443, 443}};
    return net::AddressGuard::create(rules).value();
  }();
  return guard;
}

/// A second opinion, on the most important ones only.
bool isPrivateV4(std::uint32_t v4) {
  return v4 >> 24U == 0 || v4 >> 24U == 10 || v4 >> 24U == 127 || v4 >> 20U == 0xAC1 || v4 >> 16U == 0xC0A8 ||
         v4 >> 16U == 0xA9FE || v4 >> 28U >= 0xE || v4 >> 22U == 0x191;
}

void judge(const net::IpAddress& address) {
  fuzz::require(net::IpAddress::parse(address.text()) == address, "an address survives its text");
  const bool passes = !publicOnly().refuse("name.example", address, 443).has_value();
  if (address.isV4()) {
    fuzz::require(!passes || !isPrivateV4(address.v4Value()), "no private IPv4 address passes");
    return;
  }
  in6_addr v6{};
  std::memcpy(&v6, address.bytes().data(), sizeof v6);
  const bool local = IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6) ||
                     IN6_IS_ADDR_MULTICAST(&v6) || IN6_IS_ADDR_V4MAPPED(&v6) || (address.bytes()[0] & 0xFEU) == 0xFC;
  fuzz::require(!passes || !local, "no local IPv6 address passes");
}

void judgeBytes(std::string_view bytes) {
  if (bytes.size() >= sizeof(in_addr)) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, bytes.data(), sizeof v4.sin_addr);
    judge(net::IpAddress::of(reinterpret_cast<const sockaddr*>(&v4)).value());
  }
  if (bytes.size() >= sizeof(in6_addr)) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, bytes.data(), sizeof v6.sin6_addr);
    judge(net::IpAddress::of(reinterpret_cast<const sockaddr*>(&v6)).value());
  }
}

}  // namespace

/// URLs, address literals, networks, and raw addresses as a resolver gives them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const bool registers = api::urlFault(text).empty();
  fuzz::require(api::sameOrigin(text, text) == registers, "a URL without a fault has an origin");
  fuzz::require(net::parseTarget(text).ok() == registers, "what is registered can be called");
  if (const auto target = net::parseTarget(text)) {
    fuzz::require(!target->host.empty() && target->port != 0, "a URL has a host and a port");
    fuzz::require(target->pathAndQuery.starts_with('/'), "a request line has a path");
    for (const auto& part : {target->host, target->pathAndQuery, target->hostHeader}) {
      fuzz::require(part.find_first_of(std::string(" \t\r\n\0", 5)) == std::string::npos, "a request line stays one");
    }
    in_addr legacy{};
    const auto literal = net::IpAddress::parse(target->host);
    fuzz::require(literal || inet_aton(target->host.c_str(), &legacy) == 0, "no host is an address in disguise");
    if (literal) judge(*literal);
  }
  if (const auto address = net::IpAddress::parse(text)) judge(*address);
  if (const auto network = net::Cidr::parse(text)) static_cast<void>(network->contains(net::IpAddress::v4(0x7F000001)));
  judgeBytes(text);
  return 0;
}
