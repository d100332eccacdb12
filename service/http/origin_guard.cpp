#include <lull/http/origin_guard.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/ip_literal.hpp>

#include <algorithm>

namespace lull::http {

namespace {

/// The host of "host[:port]" in lower case, a literal of IPv6 without its brackets, a name without the dot at its end.
std::string hostOf(std::string_view authority) {
  const auto bracket = authority.find(']');
  if (authority.starts_with('[') && bracket != std::string_view::npos)
    return text::lowerCase(authority.substr(1, bracket - 1));
  auto host = authority.substr(0, authority.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host.empty() ? text::lowerCase(authority) : text::lowerCase(host);
}

bool isLoopbackName(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

bool isWrite(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

/// "host[:port]" of an origin; the empty one of "null" is nobody's.
std::string_view authorityOf(std::string_view origin) {
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

}  // namespace

OriginGuard::OriginGuard(const OriginRules& rules) : literalsOnly_(rules.literalsOnly && rules.allowedHosts.empty()) {
  for (const auto& host : rules.allowedHosts) hosts_.push_back(text::lowerCase(host));
  for (const auto& origin : rules.corsOrigins) origins_.push_back(text::lowerCase(origin));
}

bool OriginGuard::hostIsOurs(std::string_view authority) const {
  if (!literalsOnly_ && hosts_.empty()) return true;
  const auto host = hostOf(authority);
  if (host.empty()) return true;  // HTTP/1.0 without Host: no browser sends that.
  if (literalsOnly_) return text::parseIpLiteral(host).has_value() || isLoopbackName(host);
  return std::ranges::any_of(hosts_, [&](std::string_view rule) {
    if (rule == "*" || rule == host) return true;
    return rule.starts_with("*.") && host.size() >= rule.size() && host.ends_with(rule.substr(1));
  });
}

bool OriginGuard::isShared(std::string_view origin) const {
  return std::ranges::find(origins_, text::lowerCase(origin)) != origins_.end();
}

std::optional<OriginGuard::Refusal> OriginGuard::refuse(const MessageHead& head) const {
  const auto host = head.header("Host").value_or("");
  if (!hostIsOurs(host)) return Refusal::ForeignName;
  if (!isWrite(head.method)) return std::nullopt;
  const auto origin = head.header("Origin");
  if (origin && isShared(*origin)) return std::nullopt;
  // A browser says itself where a request comes from; only older ones leave that to a comparison of Origin and Host.
  const auto site = head.header("Sec-Fetch-Site");
  const bool own = site ? *site == "same-origin" || *site == "none"
                        : !origin || text::equalsIgnoringCase(authorityOf(*origin), host);
  if (own) return std::nullopt;
  return Refusal::ForeignOrigin;
}

std::optional<Response> OriginGuard::preflight(const MessageHead& head) const {
  const auto origin = head.header("Origin");
  if (head.method != "OPTIONS" || !origin || !head.header("Access-Control-Request-Method") || !isShared(*origin))
    return std::nullopt;
  auto response = emptyResponse(204);
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  response.headers.emplace_back("Access-Control-Allow-Headers",
                                "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Api-Key, "
                                "traceparent");
  response.headers.emplace_back("Access-Control-Max-Age", "600");
  return response;
}

void OriginGuard::share(const MessageHead& head, Response& response) const {
  if (origins_.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const auto origin = head.header("Origin");
  if (!origin || !isShared(*origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string(*origin));
  response.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Location, Retry-After, WWW-Authenticate");
}

}  // namespace lull::http
