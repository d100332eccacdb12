#include <lull/text/ascii.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/ip_literal.hpp>
#include <lull/text/url.hpp>

#include <algorithm>
#include <charconv>

namespace lull::text {

namespace {

constexpr std::size_t kMaxHostLength = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::size_t kMaxLabelLength = 63;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool isHexDigit(char c) {
  return hexValue(c) >= 0;
}

/// What may stand in a path or query (RFC 3986 section 3.3 and 3.4), a whole percent-encoding included.
bool isPathText(std::string_view text) {
  constexpr std::string_view kOther = "-._~!$&'()*+,;=:@/?[]";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (isAlphanumeric(text[i]) || kOther.find(text[i]) != std::string_view::npos) continue;
    if (text[i] != '%' || i + 2 >= text.size() || !isHexDigit(text[i + 1]) || !isHexDigit(text[i + 2])) return false;
  }
  return true;
}

/// Resolvers take "127.1", "0x7f.1" and "2130706433" for addresses: whatever ends like a number must be one, written
/// plainly.
bool looksLikeNumber(std::string_view host) {
  const auto dot = host.rfind('.');
  const auto last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (std::ranges::all_of(last, isDigit)) return true;
  return last.starts_with("0x") && std::ranges::all_of(last.substr(2), isHexDigit);
}

bool isLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelLength && !label.starts_with('-') && !label.ends_with('-') &&
         std::ranges::all_of(label, [](char c) { return isAlphanumeric(c) || c == '-' || c == '_'; });
}

bool isName(std::string_view host) {
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.')) {
    if (!isLabel(host.substr(0, dot))) return false;
    host.remove_prefix(dot + 1);
  }
  return isLabel(host);
}

/// Reads a URL from left to right; the first fault ends it.
class UrlParser {
 public:
  std::variant<Url, UrlFault> parse(std::string_view text) {
    if (!read(text)) return std::move(fault_);
    return std::move(url_);
  }

 private:
  bool refuse(std::string sentence) {
    fault_.sentence = std::move(sentence);
    return false;
  }

  bool read(std::string_view text) {
    if (text.size() > kMaxUrlLength) return refuse("A URL has at most 2,048 bytes.");
    const auto hides = [](char c) { return (c >= 0 && c <= 0x20) || c == 0x7f; };
    if (std::ranges::any_of(text, hides)) return refuse("Blanks and control bytes must be percent-encoded.");
    const std::string scheme = lowerCase(text.substr(0, text.find(':')));
    url_.tls = scheme == "https";
    if ((scheme != "http" && scheme != "https") || !text.substr(scheme.size()).starts_with("://")) {
      return refuse("It must be an absolute URL that starts with http:// or https://.");
    }
    if (text.find('#') != std::string_view::npos)
      return refuse("It must not have a fragment (#), which is never sent.");
    text.remove_prefix(scheme.size() + 3);
    const auto end = std::min(text.find_first_of("/?\\"), text.size());
    if (!readAuthority(text.substr(0, end))) return false;
    const auto rest = text.substr(end);
    if (!isPathText(rest)) {
      return refuse(
          "Its path or query has a character that must be percent-encoded, such as a backslash or non-ASCII.");
    }
    url_.pathAndQuery = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    return true;
  }

  bool readAuthority(std::string_view authority) {
    if (authority.find('@') != std::string_view::npos) {
      return refuse(
          "It must not hold a user name or password; those of an endpoint belong into its Authorization header.");
    }
    std::size_t hostEnd = 0;
    if (authority.starts_with('[')) {
      const auto bracket = authority.find(']');
      if (bracket == std::string_view::npos) return refuse("The bracket around its IPv6 address is not closed.");
      if (!readBracketed(authority.substr(1, bracket - 1))) return false;
      hostEnd = bracket + 1;
    } else {
      hostEnd = std::min(authority.find(':'), authority.size());
      if (!readHost(authority.substr(0, hostEnd))) return false;
    }
    return readPort(authority.substr(hostEnd));
  }

  bool readBracketed(std::string_view text) {
    const auto literal = parseIpLiteral(text);
    if (!literal || literal->isV4) {
      return refuse("Between its brackets stands no IPv6 address (zones are not accepted).");
    }
    const auto reached = withoutMapping(*literal);
    url_.host = textOf(reached);
    url_.hostHeader = reached.isV4 ? url_.host : "[" + url_.host + "]";
    return true;
  }

  bool readHost(std::string_view text) {
    if (!isAscii(text)) {
      fault_.foreignHost = text;
      return refuse("Its host has letters beyond ASCII: write its ASCII form (punycode, xn--…).");
    }
    url_.host = lowerCase(text);
    url_.absolute = url_.host.ends_with('.');
    if (url_.absolute) url_.host.pop_back();
    if (url_.host.empty()) return refuse("It has no host.");
    url_.hostHeader = url_.host;
    if (looksLikeNumber(url_.host)) {
      if (!parseIpLiteral(url_.host))
        return refuse("Write an IPv4 address as four decimal numbers, such as 192.0.2.1.");
      url_.absolute = false;
      return true;
    }
    if (url_.host.size() > kMaxHostLength) return refuse("Its host name has more than 253 characters.");
    return isName(url_.host) || refuse("Its host is not a valid name.");
  }

  /// `text` is what follows the host: nothing, or a colon and the port.
  bool readPort(std::string_view text) {
    const std::uint16_t usual = url_.tls ? kHttpsPort : kHttpPort;
    url_.port = usual;
    if (text.empty()) return true;
    if (text.front() != ':') return refuse("After the closing bracket comes a colon and the port.");
    const auto* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data() + 1, end, url_.port);
    if (failure != std::errc{} || stop != end || url_.port == 0) {
      return refuse("Its port must be a number from 1 to 65535.");
    }
    if (url_.port != usual) url_.hostHeader += ":" + std::to_string(url_.port);
    return true;
  }

  Url url_;
  UrlFault fault_;
};

}  // namespace

std::variant<Url, UrlFault> parseUrl(std::string_view url) {
  return UrlParser().parse(url);
}

bool isUriReference(std::string_view text) {
  const auto hash = text.find('#');
  return isPathText(text.substr(0, hash)) && (hash == std::string_view::npos || isPathText(text.substr(hash + 1)));
}

std::string originOf(const Url& url) {
  return (url.tls ? "https://" : "http://") + url.host + (url.absolute ? "." : "") + ":" + std::to_string(url.port);
}

}  // namespace lull::text
