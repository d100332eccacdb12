#include "addresses.hpp"
#include "setting_text.hpp"
#include "text_checks.hpp"

#include <lull/config/redis_address.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/percent.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace lull::config {
namespace {

constexpr std::uint16_t kPlainPort = 6379;
constexpr std::uint16_t kTlsPort = 6380;
constexpr int kMaxDatabase = 65535;

/// Options of StackExchange.Redis that steer its own behaviour only.
constexpr std::array<std::string_view, 20> kIgnoredOptions{"abortconnect",
                                                           "allowadmin",
                                                           "asynctimeout",
                                                           "channelprefix",
                                                           "checkcertificaterevocation",
                                                           "configchannel",
                                                           "configcheckseconds",
                                                           "connectretry",
                                                           "defaultversion",
                                                           "highintegrity",
                                                           "keepalive",
                                                           "proxy",
                                                           "resolvedns",
                                                           "responsetimeout",
                                                           "setclientlibrary",
                                                           "sslprotocols",
                                                           "tiebreaker",
                                                           "version",
                                                           "writebuffer",
                                                           "protocol"};

Result<int> parseNumber(std::string_view text, int max, const std::string& what) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > max) {
    return wrong(what + " must be 0-" + std::to_string(max));
  }
  return number;
}

Status setTimeout(std::optional<Millis>& target, std::string_view text, const std::string& what) {
  constexpr int kMaxMillis = 600'000;
  const auto millis = parseNumber(text, kMaxMillis, what);
  if (!millis) return millis.error();
  target = Millis{*millis};
  return Done{};
}

Status setBoolean(bool& target, std::string_view text, const std::string& what) {
  if (!text::equalsIgnoringCase(text, "true") && !text::equalsIgnoringCase(text, "false")) {
    return wrong(what + " must be true or false");
  }
  target = text::equalsIgnoringCase(text, "true");
  return Done{};
}

Status setDatabase(RedisAddress& address, std::string_view text) {
  const auto db = parseNumber(text, kMaxDatabase, "the database");
  if (!db) return db.error();
  address.db = *db;
  return Done{};
}

/// `position` counts the entries from 1; the entry itself is not repeated, because a password with a comma in it looks
/// like further entries.
Status setOption(RedisAddress& address, std::string_view entry, std::size_t position) {
  const auto equals = entry.find('=');
  const std::string name = text::lowerCase(trimmed(entry.substr(0, equals)));
  const std::string_view value = trimmed(entry.substr(equals + 1));
  if (name == "password") {
    address.password = value;
  } else if (name == "user") {
    address.user = value;
  } else if (name == "name") {
    address.clientName = value;
  } else if (name == "sslhost") {
    address.tlsHost = value;
  } else if (name == "ssl") {
    return setBoolean(address.tls, value, "ssl");
  } else if (name == "defaultdatabase") {
    return setDatabase(address, value);
  } else if (name == "connecttimeout") {
    return setTimeout(address.connectTimeout, value, "connectTimeout (milliseconds)");
  } else if (name == "synctimeout") {
    return setTimeout(address.commandTimeout, value, "syncTimeout (milliseconds)");
  } else if (name == "servicename") {
    return wrong("asks for Sentinel (serviceName), which is not supported");
  } else if (std::find(kIgnoredOptions.begin(), kIgnoredOptions.end(), name) == kIgnoredOptions.end()) {
    return wrong("entry " + std::to_string(position) + " is not a known option");
  }
  return Done{};
}

/// "host", "host:port", "[v6]:port" or a bare IPv6 address; without a port `port` stays 0.
Status setHost(RedisAddress& address, std::string_view text) {
  address.port = 0;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !isIpLiteral(text.substr(1, end - 1))) return wrong("names no valid host");
    address.host = text.substr(1, end - 1);
    if (end + 1 == text.size()) return Done{};
    if (text[end + 1] != ':') return wrong("names no valid host");
    port = text.substr(end + 2);
  } else if (isIpLiteral(text)) {
    address.host = text;
    return Done{};
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    if (address.host.empty() || address.host.find_first_of(" \t/@") != std::string::npos) {
      return wrong("names no valid host");
    }
    if (colon == std::string_view::npos) return Done{};
    port = text.substr(colon + 1);
  }
  const auto number = parsePort(port);
  if (!number || *number == 0) return wrong("the port must be 1-65535");
  address.port = *number;
  return Done{};
}

void setDefaultPort(RedisAddress& address) {
  if (address.port == 0) address.port = address.tls ? kTlsPort : kPlainPort;
}

Result<RedisAddress> parseStackExchange(std::string_view text) {
  RedisAddress address;
  const bool isUnix = text.starts_with("unix:");
  bool hasServer = false;
  const auto entries = splitList(text, ",");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& entry = entries[i];
    if (entry.empty()) continue;
    if (entry.find('=') != std::string::npos && !(isUnix && i == 0)) {
      if (auto status = setOption(address, entry, i + 1); !status) return status.error();
      continue;
    }
    if (hasServer) return wrong("names more than one server (or holds a comma in a value), which is not supported");
    hasServer = true;
    if (isUnix && i == 0) {
      address.unixPath = entry.substr(entry.starts_with("unix://") ? 7 : 5);
      if (address.unixPath.empty()) return wrong("names no socket");
    } else if (auto status = setHost(address, entry); !status) {
      return status.error();
    }
  }
  if (!hasServer) return wrong("names no server");
  if (isUnix && address.tls) return wrong("asks for TLS on a unix socket");
  setDefaultPort(address);
  return address;
}

Status setUserInfo(RedisAddress& address, std::string_view userInfo) {
  const auto colon = userInfo.find(':');
  if (colon == std::string_view::npos)
    return wrong("has a user without a password (write user:password@ or :password@)");
  const auto user = text::percentDecode(userInfo.substr(0, colon));
  const auto password = text::percentDecode(userInfo.substr(colon + 1));
  if (!user || !password) return wrong("holds a % that two hex digits do not follow");
  address.user = *user;
  address.password = *password;
  return Done{};
}

std::size_t schemeLength(std::string_view text) {
  const std::string lower = text::lowerCase(text.substr(0, 9));
  return lower.starts_with("redis://") ? 8 : lower.starts_with("rediss://") ? 9 : 0;
}

Result<RedisAddress> parseUri(std::string_view text) {
  RedisAddress address;
  address.tls = schemeLength(text) == 9;
  text.remove_prefix(schemeLength(text));
  const auto at = text.rfind('@');
  if (at != std::string_view::npos) {
    if (auto status = setUserInfo(address, text.substr(0, at)); !status) return status.error();
    text.remove_prefix(at + 1);
  }
  if (text.find_first_of("?#") != std::string_view::npos) return wrong("has a query, which is not supported");
  const auto slash = text.find('/');
  if (auto status = setHost(address, text.substr(0, slash)); !status) return status.error();
  if (slash != std::string_view::npos && slash + 1 < text.size()) {
    if (auto status = setDatabase(address, text.substr(slash + 1)); !status) return status.error();
  }
  if (address.port == 0) address.port = kPlainPort;
  return address;
}

}  // namespace

Result<RedisAddress> parseRedisConnectionString(std::string_view text) {
  text = trimmed(text);
  return schemeLength(text) > 0 ? parseUri(text) : parseStackExchange(text);
}

std::string redactRedisConnectionString(std::string_view text) {
  text = trimmed(text);
  const auto address = parseRedisConnectionString(text);
  if (!address) return text.empty() ? "" : "***";
  if (const auto scheme = schemeLength(text); scheme > 0) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return std::string(text);
    const auto colon = text.find(':', scheme);
    return std::string(text.substr(0, colon)) + ":***" + std::string(text.substr(at));
  }
  std::vector<std::string> entries = splitList(text, ",");
  for (std::string& entry : entries) {
    const auto equals = entry.find('=');
    if (equals != std::string::npos && text::equalsIgnoringCase(trimmed(entry.substr(0, equals)), "password")) {
      entry = entry.substr(0, equals) + "=***";
    }
  }
  return join(entries, ",");
}

}  // namespace lull::config
