#pragma once

#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::config {

/// Where a Redis server listens and how to log in. `unixPath` non-empty means a unix socket; then host and port are
/// unused. `password` is a secret: never log or print it.
struct RedisAddress {
  std::string host;  ///< a name or an IP literal without brackets
  std::uint16_t port = 6379;
  std::string unixPath;
  std::string user;  ///< empty: the default user
  std::string password;
  int db = 0;
  bool tls = false;
  std::string tlsHost;                   ///< the name expected in the certificate; empty: `host`
  std::optional<Millis> connectTimeout;  ///< StackExchange `connectTimeout`
  std::optional<Millis> commandTimeout;  ///< StackExchange `syncTimeout`
  std::string clientName;                ///< StackExchange `name`
};

/// Reads the three forms an operator may have at hand:
///   StackExchange   host[:port][,password=…][,user=…][,ssl=true][,defaultDatabase=1]…  (unknown options are errors)
///   URI             redis://[user[:password]@]host[:port][/db], rediss:// for TLS (IANA provisional registration)
///   unix socket     unix:/path[,password=…] or unix:///path
/// The error message names the wrong part and never repeats a password.
Result<RedisAddress> parseRedisConnectionString(std::string_view text);

/// The same text with the password replaced by ***; the whole text becomes *** when it cannot be read.
std::string redactRedisConnectionString(std::string_view text);

}  // namespace lull::config
