#pragma once

#include <lull/config/settings.hpp>
#include <lull/domain/result.hpp>

#include <string>
#include <string_view>

/// Addresses as operators write them. Error messages say what is wrong and fit behind the key and its value.
namespace lull::config {

/// One entry of `Urls`, as Kestrel reads it: "http://*:8080", "http://[::1]:0"; without a port it is 80; a host name
/// other than localhost listens on every interface.
Result<ListenAddress> parseListenAddress(std::string_view text);

/// "10.0.0.0/8", "fd00::/8"; a bare address is one host. Gives the canonical text.
Result<std::string> parseNetwork(std::string_view text);

/// "443" or "3000-3999".
Result<PortRange> parsePortRange(std::string_view text);

/// A host name or ".suffix", in lower case.
Result<std::string> parseHostSuffix(std::string_view text);

/// A name that is served: a host name or literal without a port, "*.suffix" for all names below it, or "*".
Result<std::string> parseAllowedHost(std::string_view text);

/// "https://console.example.com", in lower case.
Result<std::string> parseOrigin(std::string_view text);

/// An absolute http or https URL with a host and no user info.
Result<std::string> parseHttpUrl(std::string_view text);

/// Decimal digits only, at most `max`.
Result<std::uint16_t> parsePort(std::string_view text);

/// True for an IPv4 or IPv6 literal without brackets.
bool isIpLiteral(std::string_view text);

}  // namespace lull::config
