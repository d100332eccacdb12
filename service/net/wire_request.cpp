#include "wire_request.hpp"

#include <lull/text/ascii.hpp>

namespace lull::net {

std::string wireRequest(HttpMethod method, const ports::HttpRequest& request) {
  constexpr std::size_t kRest = 96;  // method, version, Host, Accept, Content-Length
  std::size_t size = kRest + request.target.pathAndQuery.size() + request.target.hostHeader.size();
  for (const auto& [name, value] : request.headers) size += name.size() + value.size() + 4;
  std::string text;
  text.reserve(size + request.body.size());
  text.append(method == HttpMethod::Post ? "POST " : "GET ")
      .append(request.target.pathAndQuery)
      .append(" HTTP/1.1\r\nHost: ");
  text.append(request.target.hostHeader).append("\r\n");
  bool accepts = false;
  for (const auto& [name, value] : request.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
    accepts = accepts || text::equalsIgnoringCase(name, "accept");
  }
  if (!accepts) text.append("Accept: */*\r\n");
  if (method == HttpMethod::Get) return text.append("\r\n");
  text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n\r\n").append(request.body);
  return text;
}

std::string originOf(const ports::Target& target) {
  std::string origin = target.tls ? "s " : "p ";
  origin.append(target.host).append(" ").append(std::to_string(target.port));
  return origin;
}

}  // namespace lull::net
