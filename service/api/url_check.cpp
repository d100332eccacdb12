#include "url_check.hpp"

#include <idn2.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace lull::api {

namespace {

constexpr std::size_t kMostBytes = 2048;

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

struct Parts {
  std::string scheme;
  std::string_view authority;
};

std::optional<Parts> split(std::string_view url) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  auto rest = url.substr(colon + 3);
  return Parts{lowered(url.substr(0, colon)), rest.substr(0, rest.find_first_of("/?#"))};
}

/// Divides "host:port"; a bracketed IPv6 literal keeps its colons.
std::pair<std::string_view, std::optional<std::string_view>> hostAndPort(std::string_view authority) {
  const auto afterHost = authority.starts_with('[') ? authority.find(']') : 0;
  const auto colon = authority.find(':', afterHost == std::string_view::npos ? 0 : afterHost);
  if (colon == std::string_view::npos) return {authority, std::nullopt};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

bool isPort(std::string_view text) {
  unsigned value = 0;
  const auto* end = text.data() + text.size();
  const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return digits && error == std::errc{} && stop == end && value >= 1 && value <= 65535;
}

/// A host with letters beyond ASCII is looked up under another name (RFC 5890): an operator knows the one only.
std::string hostFault(const std::string& host) {
  char* ascii = nullptr;
  const int outcome = ::idn2_to_ascii_8z(host.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owned(ascii, ::idn2_free);
  if (outcome != IDN2_OK) return "Its host has letters beyond ASCII and is no internationalized name (IDNA 2008).";
  return "Its host has letters beyond ASCII: write " + std::string(ascii) + " for it.";
}

bool isAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool isHost(std::string_view host) {
  if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
  return !host.empty() && host.find_first_of("[]\\%\"<>^`{|}") == std::string_view::npos;
}

}  // namespace

std::string urlFault(std::string_view url) {
  if (url.size() > kMostBytes) return "A url has at most 2,048 bytes.";
  if (const auto parts = split(url)) {
    const auto host = std::string(hostAndPort(parts->authority).first);
    if (!isAscii(host)) return hostFault(host);
  }
  const auto plain = [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; };
  if (!std::ranges::all_of(url, plain))
    return "Blanks, control bytes, backslashes and non-ASCII must be percent-encoded.";
  const auto parts = split(url);
  if (!parts || (parts->scheme != "http" && parts->scheme != "https"))
    return "It must be an absolute http or https url.";
  if (parts->authority.find('@') != std::string_view::npos) {
    return "It must not hold a user name or password; use the Authorization header.";
  }
  if (url.find('#') != std::string_view::npos) return "It must not have a fragment.";
  const auto [host, port] = hostAndPort(parts->authority);
  if (!isHost(host)) return "It has no valid host.";
  if (port && !isPort(*port)) return "Its port must be a number from 1 to 65535.";
  return "";
}

std::string originOf(std::string_view url) {
  const auto parts = split(url);
  if (!parts) return "";
  const auto [host, port] = hostAndPort(parts->authority);
  const std::string_view standard = parts->scheme == "https" ? "443" : "80";
  auto digits = port.value_or(standard);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return parts->scheme + "://" + lowered(host) + ":" + std::string(digits);
}

}  // namespace lull::api
