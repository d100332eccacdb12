#include "addresses.hpp"

#include "setting_text.hpp"
#include "text_checks.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/ip_literal.hpp>
#include <lull/text/url.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <variant>

namespace lull::config {
namespace {

constexpr std::string_view kUrlForm = "is not of the form http://host:port";

bool isHostName(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return text::isAlphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

struct HostPort {
  std::string host;
  std::string_view port;  ///< empty: none
  bool bracketed = false;
};

/// "host:port", "[v6]:port"; the port is optional.
std::optional<HostPort> splitHostPort(std::string_view text) {
  std::string_view rest;
  HostPort result;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    result.bracketed = true;
    rest = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    result.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? "" : text.substr(colon);
  }
  if (rest.empty()) return result;
  if (rest.size() < 2 || rest.front() != ':') return std::nullopt;
  result.port = rest.substr(1);
  return result;
}

std::size_t bitsOf(const text::IpLiteral& address) {
  return address.isV4 ? 32 : 128;
}

std::string networkText(const text::IpLiteral& network, std::size_t length) {
  return text::textOf(network) + "/" + std::to_string(length);
}

void clearHostBits(text::IpLiteral& network, std::size_t length) {
  for (std::size_t bit = length; bit < bitsOf(network); ++bit) {
    auto& byte = network.bytes[bit / 8];
    byte = static_cast<std::uint8_t>(byte & ~(0x80U >> (bit % 8)));
  }
}

std::optional<unsigned> parseNumber(std::string_view text, unsigned max) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

}  // namespace

bool isIpLiteral(std::string_view text) {
  return text::parseIpLiteral(text).has_value();
}

Result<std::uint16_t> parsePort(std::string_view text) {
  const auto port = parseNumber(text, UINT16_MAX);
  if (!port) return wrong("the port must be 0-65535");
  return static_cast<std::uint16_t>(*port);
}

Result<ListenAddress> parseListenAddress(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos) return wrong(std::string(kUrlForm));
  if (text::equalsIgnoringCase(text.substr(0, scheme), "https")) {
    return wrong("is https: Lull serves http behind a proxy that ends TLS; write http");
  }
  if (!text::equalsIgnoringCase(text.substr(0, scheme), "http")) return wrong(std::string(kUrlForm));
  text.remove_prefix(scheme + 3);
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find('/') != std::string_view::npos) return wrong("has a path; use PathBase for that");

  const auto parts = splitHostPort(text);
  if (!parts) return wrong(std::string(kUrlForm));
  ListenAddress address{"http", text::lowerCase(parts->host), 80};
  if (!parts->port.empty()) {
    const auto port = parsePort(parts->port);
    if (!port) return port.error();
    address.port = *port;
  }
  if (parts->bracketed || address.host == "localhost") {
    const bool known = !parts->bracketed || (isIpLiteral(address.host) && address.host.find(':') != std::string::npos);
    return known ? Result<ListenAddress>(address) : wrong("holds no IPv6 address between its brackets");
  }
  if (address.host == "*" || address.host == "+") {
    address.host = "*";
    return address;
  }
  if (!isHostName(address.host)) return wrong(std::string(kUrlForm));
  if (!isIpLiteral(address.host)) address.host = "*";
  return address;
}

bool ListenAddress::isLoopback() const {
  if (host == "localhost") return true;
  const auto address = text::parseIpLiteral(host);
  if (!address) return false;
  return address->isV4 ? address->bytes[0] == 127 : address == text::parseIpLiteral("::1");
}

Result<std::string> parseNetwork(std::string_view text) {
  const auto slash = text.find('/');
  auto network = text::parseIpLiteral(text.substr(0, slash));
  if (!network) return wrong("is not an IP address or network such as 10.0.0.0/8 or fd00::/8");
  std::size_t length = bitsOf(*network);
  if (slash != std::string_view::npos) {
    const auto given = parseNumber(text.substr(slash + 1), static_cast<unsigned>(length));
    if (!given) return wrong("has a prefix length outside 0-" + std::to_string(length));
    length = *given;
  }
  const auto before = *network;
  clearHostBits(*network, length);
  if (before != *network) {
    return wrong("has bits set behind its prefix; did you mean " + networkText(*network, length) + "?");
  }
  return networkText(*network, length);
}

Result<PortRange> parsePortRange(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parseNumber(trimmed(text.substr(0, dash)), UINT16_MAX);
  const auto last = dash == std::string_view::npos ? first : parseNumber(trimmed(text.substr(dash + 1)), UINT16_MAX);
  if (!first || !last || *first == 0 || *first > *last) return wrong("is not a port or range such as 443 or 3000-3999");
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

Result<std::string> parseHostSuffix(std::string_view text) {
  if (isIpLiteral(text)) return wrong("is an address; use Egress:AllowedNetworks for that");
  const std::string_view name = text.starts_with('.') ? text.substr(1) : text;
  if (!isHostName(name) || name.starts_with('.') || name.find("..") != std::string_view::npos) {
    return wrong("is not a host name or a suffix such as .svc.cluster.local");
  }
  return text::lowerCase(text);
}

Result<std::string> parseAllowedHost(std::string_view text) {
  const std::string_view name = text.starts_with("*.") ? text.substr(2) : text;
  if (text != "*" && !isIpLiteral(name) && !isHostName(name)) {
    return wrong("is not a host name without a port, a suffix such as *.example.com, or *");
  }
  return text::lowerCase(text);
}

Result<std::string> parseOrigin(std::string_view text) {
  const auto url = parseHttpUrl(text);
  const auto scheme = text.find("://");
  if (!url || text.find_first_of("/?#", scheme + 3) != std::string_view::npos) {
    return wrong("is not an origin: scheme, host and port, without a path");
  }
  return text::lowerCase(text);
}

Result<std::string> parseHttpUrl(std::string_view text) {
  const auto parsed = text::parseUrl(text);
  if (const auto* fault = std::get_if<text::UrlFault>(&parsed)) {
    return wrong("is no URL that Lull can call: " + fault->sentence.substr(0, fault->sentence.size() - 1));
  }
  return std::string(text);
}

}  // namespace lull::config
