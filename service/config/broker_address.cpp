#include "addresses.hpp"
#include "setting_text.hpp"
#include "text_checks.hpp"

#include <lull/config/broker_address.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/percent.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace lull::config {
namespace {

constexpr std::uint16_t kAmqpPort = 5672;
constexpr std::uint16_t kAmqpsPort = 5671;
constexpr std::size_t kMostBrokerNameBytes = 255;  // AMQP 0-9-1 section 4.2.5.3: a short string

/// The length of "amqp:" or "amqps:" at the start, else 0.
std::size_t amqpSchemeLength(std::string_view text) {
  const auto lower = text::lowerCase(text.substr(0, 6));
  return lower == "amqps:" ? 6 : lower.starts_with("amqp:") ? 5 : 0;
}

bool isBrokerName(std::string_view text) {
  return text.size() <= kMostBrokerNameBytes &&
         std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

Status setBrokerPort(BrokerAddress& address, std::string_view text) {
  const auto port = parsePort(text);
  if (!port || *port == 0) return wrong("the port must be 1-65535");
  address.port = *port;
  address.portGiven = true;
  return Done{};
}

Status setVirtualHost(BrokerAddress& address, std::string name) {
  if (name.empty()) return wrong("names an empty virtual host; leave it out for /");
  if (!isBrokerName(name)) return wrong("the virtual host must have 1-255 bytes without control characters");
  address.virtualHost = std::move(name);
  return Done{};
}

Status setBrokerHost(BrokerAddress& address, std::string_view text) {
  const bool name = !text.empty() && std::ranges::all_of(text, [](char c) {
    return text::isAlphanumeric(c) || c == '.' || c == '-' || c == '_';
  });
  if (!name && !isIpLiteral(text)) return wrong("names no valid host");
  address.host = text::lowerCase(text);
  return Done{};
}

/// "host", "host:port", "[v6]", "[v6]:port".
Status setBrokerHostAndPort(BrokerAddress& address, std::string_view text) {
  std::string_view host = text.substr(0, text.find(':'));
  std::string_view rest = text.substr(host.size());
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !isIpLiteral(text.substr(1, end - 1))) return wrong("names no valid host");
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  }
  if (auto status = setBrokerHost(address, host); !status) return status;
  if (rest.empty()) return Done{};
  if (!rest.starts_with(':')) return wrong("names no valid host");
  return setBrokerPort(address, rest.substr(1));
}

Status setLogin(BrokerAddress& address, std::string_view userInfo) {
  const auto colon = userInfo.find(':');
  if (colon == std::string_view::npos) return wrong("has a user without a password (write user:password@)");
  const auto user = text::percentDecode(userInfo.substr(0, colon));
  const auto password = text::percentDecode(userInfo.substr(colon + 1));
  if (!user || !password) return wrong("holds a % that two hex digits do not follow");
  const auto hasNul = [](const std::string& part) { return part.find('\0') != std::string::npos; };
  if (user->empty() || hasNul(*user) || hasNul(*password)) return wrong("has no valid user");
  address.user = *user;
  address.password = *password;
  return Done{};
}

Result<BrokerAddress> parseBrokerUri(BrokerAddress address, std::string_view text) {
  if (text.find_first_of("?#") != std::string_view::npos) return wrong("has a query, which is not supported");
  const auto slash = text.find('/');
  auto authority = text.substr(0, slash);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto status = setLogin(address, authority.substr(0, at)); !status) return status.error();
    authority.remove_prefix(at + 1);
  } else if (slash != std::string_view::npos && text.find('@', slash) != std::string_view::npos) {
    return wrong("holds a / before the @; write %2F for a slash in the user or the password");
  }
  if (auto status = setBrokerHostAndPort(address, authority); !status) return status.error();
  if (slash == std::string_view::npos) return address;
  const auto path = text.substr(slash + 1);
  if (path.find('/') != std::string_view::npos) {
    return wrong("has a virtual host with a bare slash; write %2F for each of its slashes, as in /%2Fno%2Fuio");
  }
  auto name = text::percentDecode(path);
  if (!name) return wrong("holds a % that two hex digits do not follow");
  if (auto status = setVirtualHost(address, *std::move(name)); !status) return status.error();
  return address;
}

/// One `word:value` behind the host. `position` counts the parts from 1.
Status setPart(BrokerAddress& address, std::string_view part, std::size_t position) {
  const auto colon = std::min(part.find(':'), part.size());
  const auto word = text::lowerCase(part.substr(0, colon));
  const auto value = part.substr(std::min(colon + 1, part.size()));
  if (word == "port") return setBrokerPort(address, value);
  if (word == "vh") return setVirtualHost(address, std::string(value));
  if (word != "ex") return wrong("part " + std::to_string(position) + " is none of port:, vh: and ex:");
  if (value.empty() || !isBrokerName(value))
    return wrong("the exchange must have 1-255 bytes without control characters");
  address.exchange = value;
  return Done{};
}

Result<BrokerAddress> parseIntegrationPoint(BrokerAddress address, std::string_view text) {
  if (text.find('@') != std::string_view::npos)
    return wrong("holds an @; in this form user and password are in Username and Password");
  std::set<std::string> words;
  std::size_t position = 0;
  for (const auto& part : splitList(text, " \t")) {
    if (part.empty()) continue;
    if (++position == 1) {
      if (auto status = setBrokerHost(address, part); !status) return status.error();
      continue;
    }
    const auto word = text::lowerCase(part.substr(0, part.find(':')));
    if (auto status = setPart(address, part, position); !status) return status.error();
    if (!words.insert(word).second) return wrong("part " + std::to_string(position) + " repeats " + word + ":");
  }
  if (position == 0) return wrong("names no valid host");
  return address;
}

}  // namespace

Result<BrokerAddress> parseBrokerAddress(std::string_view text) {
  text = trimmed(text);
  const auto scheme = amqpSchemeLength(text);
  if (scheme == 0) return wrong("does not start with amqp: or amqps:");
  BrokerAddress address;
  address.tls = scheme == 6;
  address.port = address.tls ? kAmqpsPort : kAmqpPort;
  text.remove_prefix(scheme);
  if (text.starts_with("//")) return parseBrokerUri(std::move(address), text.substr(2));
  return parseIntegrationPoint(std::move(address), text);
}

std::string redactBrokerAddress(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return "";
  const auto address = parseBrokerAddress(text);
  if (!address) return "***";
  if (address->user.empty()) return std::string(text);
  // Only a URI has a user, and what can be read has its password between the second colon and the last @ before a
  // slash.
  const auto begin = text.find("//") + 2;
  const auto at = text.substr(0, text.find('/', begin)).rfind('@');
  const auto colon = text.find(':', begin);
  return std::string(text.substr(0, colon)) + ":***" + std::string(text.substr(at));
}

bool isLoopbackHost(std::string_view host) {
  return ListenAddress{"http", std::string(host), 0}.isLoopback();
}

}  // namespace lull::config
