#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace lull::text {

inline constexpr std::size_t kMaxUrlLength = 2048;

/// An absolute http or https URL, taken apart.
struct Url {
  bool tls = false;
  std::string host;          ///< a name without the dot at its end, or an address without brackets; lower case
  bool absolute = false;     ///< the name was written with a dot at its end
  std::uint16_t port = 0;    ///< the scheme's when none was written
  std::string pathAndQuery;  ///< starts with "/"
  std::string hostHeader;    ///< the host as the header Host has it, with the port when it is not the scheme's
  bool operator==(const Url&) const = default;
};

/// Why a text is no URL that Lull calls.
struct UrlFault {
  std::string sentence;     ///< says what to write instead and repeats nothing of the URL
  std::string foreignHost;  ///< the host, when the fault is that it has characters beyond ASCII
};

/// The one parser of URLs, for those that are registered, called and set (RFC 3986). Refused are: user name and
/// password, a fragment, characters outside RFC 3986 (blanks and control bytes among them), host names that are not
/// ASCII (their punycode form is accepted), IPv4 addresses in any form but four decimal numbers, IPv6 zones, port 0,
/// more than 2048 bytes. An IPv4 address that is written as an IPv6 one (::ffff:192.0.2.1) becomes itself.
std::variant<Url, UrlFault> parseUrl(std::string_view url);

/// Whether `text` has only characters that a URI reference may have (RFC 3986), percent-encodings in full and at most
/// one fragment. It may be relative, and empty. What its parts stand for is not looked at.
bool isUriReference(std::string_view text);

/// Scheme, host and port in one comparable text ("https://example.com:443"): where two URLs of the same origin lead,
/// however they are written.
std::string originOf(const Url& url);

}  // namespace lull::text
