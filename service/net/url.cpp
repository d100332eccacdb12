#include <lull/net/ip_address.hpp>
#include <lull/net/url.hpp>

#include <algorithm>
#include <charconv>
#include <string>

namespace lull::net {

namespace {

constexpr std::size_t kMaxHostLength = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::size_t kMaxLabelLength = 63;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

Error refused(std::string detail) {
  return invalidInput("/url", std::move(detail));
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isHex(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool isAlnum(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// What may stand in a path or query (RFC 3986 section 3.3 and 3.4), a whole percent-encoding included.
bool isPathText(std::string_view text) {
  constexpr std::string_view kOther = "-._~!$&'()*+,;=:@/?[]";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (isAlnum(text[i]) || kOther.find(text[i]) != std::string_view::npos) continue;
    if (text[i] != '%' || i + 2 >= text.size() || !isHex(text[i + 1]) || !isHex(text[i + 2])) return false;
  }
  return true;
}

/// Resolvers take "127.1", "0x7f.1" and "2130706433" for addresses: whatever ends like a number must be one, written
/// plainly.
bool looksLikeNumber(std::string_view host) {
  const auto dot = host.rfind('.');
  const auto last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (std::all_of(last.begin(), last.end(), isDigit)) return true;
  return last.starts_with("0x") && std::all_of(last.begin() + 2, last.end(), isHex);
}

Status checkName(std::string_view host) {
  if (host.size() > kMaxHostLength) return refused("The host name has more than 253 characters.");
  while (!host.empty()) {
    const auto dot = host.find('.');
    const auto label = host.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabelLength || label.front() == '-' || label.back() == '-' ||
        !std::all_of(label.begin(), label.end(), [](char c) { return isAlnum(c) || c == '-' || c == '_'; })) {
      return refused("The host is not a valid name.");
    }
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
    if (host.empty()) return refused("The host is not a valid name.");
  }
  return Done{};
}

struct Host {
  std::string plain;   // as resolved and judged
  std::string header;  // as written in Host
  bool absolute = false;
};

Result<Host> readBracketed(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address || text.find(':') == std::string_view::npos) {
    return refused("The address in brackets is not an IPv6 address (zones are not accepted).");
  }
  // A mapped address is reached, and judged, as the IPv4 address in it.
  if (address->isV4()) return Host{address->text(), address->text()};
  return Host{address->text(), "[" + address->text() + "]"};
}

Result<Host> readName(std::string_view text) {
  std::string host = lower(text);
  const bool absolute = host.ends_with('.');
  if (absolute) host.pop_back();
  if (host.empty()) return refused("The URL has no host.");
  if (std::any_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return refused("Write the host name in its ASCII form (punycode, xn--…).");
  }
  if (looksLikeNumber(host)) {
    if (!IpAddress::parse(host)) return refused("Write an IPv4 address as four decimal numbers, such as 192.0.2.1.");
    return Host{host, host};
  }
  if (auto checked = checkName(host); !checked) return checked.error();
  return Host{host, host, absolute};
}

Result<std::uint16_t> readPort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc{} || end != text.data() + text.size() || port == 0) {
    return refused("The port is not a number from 1 to 65535.");
  }
  return port;
}

Status readAuthority(std::string_view authority, ports::Target& target) {
  if (authority.find('@') != std::string_view::npos) {
    return refused("User name and password are not accepted in the URL; use a header.");
  }
  const bool bracketed = authority.starts_with('[');
  const auto hostEnd = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && hostEnd == std::string_view::npos)
    return refused("The bracket around the IPv6 address is not closed.");
  auto host = bracketed ? readBracketed(authority.substr(1, hostEnd - 1)) : readName(authority.substr(0, hostEnd));
  if (!host) return host.error();
  target.host = host->plain;
  target.hostHeader = host->header;
  target.absolute = host->absolute;
  const std::uint16_t usual = target.tls ? kHttpsPort : kHttpPort;
  target.port = usual;
  auto rest = hostEnd == std::string_view::npos ? std::string_view{} : authority.substr(hostEnd + (bracketed ? 1 : 0));
  if (rest.empty()) return Done{};
  if (rest.front() != ':') return refused("After the closing bracket comes a colon and the port.");
  auto port = readPort(rest.substr(1));
  if (!port) return port.error();
  target.port = *port;
  if (target.port != usual) target.hostHeader += ":" + std::to_string(target.port);
  return Done{};
}

}  // namespace

Result<ports::Target> parseUrl(std::string_view url) {
  if (url.size() > kMaxUrlLength) return refused("The URL has more than 2048 characters.");
  if (std::any_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; })) {
    return refused("The URL has a blank or a control character.");
  }
  const std::string scheme = lower(url.substr(0, url.find(':')));
  ports::Target target;
  target.tls = scheme == "https";
  if ((scheme != "http" && scheme != "https") || !url.substr(scheme.size()).starts_with("://")) {
    return refused("The URL is not absolute, starting with http:// or https://.");
  }
  if (url.find('#') != std::string_view::npos) return refused("The URL has a fragment (#), which is never sent.");
  url.remove_prefix(scheme.size() + 3);
  const auto authorityEnd = url.find_first_of("/?\\");
  if (auto read = readAuthority(url.substr(0, authorityEnd), target); !read) return read.error();
  const auto rest = authorityEnd == std::string_view::npos ? std::string_view{} : url.substr(authorityEnd);
  if (!isPathText(rest)) return refused("The path or query has a character that must be percent-encoded.");
  target.pathAndQuery = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return target;
}

}  // namespace lull::net
