#include <lull/net/target.hpp>
#include <lull/text/url.hpp>

#include <utility>
#include <variant>

namespace lull::net {

Result<ports::Target> parseTarget(std::string_view url) {
  auto parsed = text::parseUrl(url);
  if (auto* fault = std::get_if<text::UrlFault>(&parsed)) return invalidInput("/url", std::move(fault->sentence));
  auto& parts = std::get<text::Url>(parsed);
  return ports::Target{
      parts.tls,     std::move(parts.host), parts.port, std::move(parts.pathAndQuery), std::move(parts.hostHeader),
      parts.absolute};
}

}  // namespace lull::net
