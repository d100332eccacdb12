#pragma once

#include <lull/http/message_head.hpp>
#include <lull/http/response.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::http {

/// Which names and which origins a server serves. Names have any case.
struct OriginRules {
  std::vector<std::string> allowedHosts;  ///< "name", "*.below.it", "*"; empty: see `literalsOnly`
  std::vector<std::string> corsOrigins;   ///< "https://console.example.com": pages of these may call and read
  bool literalsOnly = false;              ///< without names: loopback names and address literals only, else any name
};

/// What keeps the pages of other sites from using a visitor's browser to call this API: names that are not ours are
/// refused (a name that its owner points at this machine, "DNS rebinding", makes a foreign page look like one of ours),
/// and so are writes that a page of another origin sends. Programs send neither Origin nor Sec-Fetch-Site and are not
/// concerned. Constant after construction, thread-safe.
class OriginGuard {
 public:
  explicit OriginGuard(const OriginRules& rules);

  /// Why the request is not served; nothing when it is.
  enum class Refusal { ForeignName, ForeignOrigin };
  std::optional<Refusal> refuse(const MessageHead& head) const;

  /// The answer to a CORS preflight (Fetch standard, section 4.8) of an origin in `corsOrigins`; nothing for any other
  /// request.
  std::optional<Response> preflight(const MessageHead& head) const;
  /// Lets the page of an origin in `corsOrigins` read the response.
  void share(const MessageHead& head, Response& response) const;

 private:
  bool hostIsOurs(std::string_view host) const;
  bool isShared(std::string_view origin) const;

  std::vector<std::string> hosts_;    // lower case; "*" takes any, "*.suffix" names below it
  bool literalsOnly_ = false;         // besides: loopback names and address literals
  std::vector<std::string> origins_;  // "scheme://host[:port]", lower case
};

}  // namespace lull::http
