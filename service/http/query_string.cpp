#include <lull/http/query_string.hpp>
#include <lull/text/percent.hpp>
#include <lull/text/utf8.hpp>

namespace lull::http {

std::vector<QueryParameter> splitQuery(std::string_view raw) {
  std::vector<QueryParameter> parameters;
  while (!raw.empty()) {
    const auto end = raw.find('&');
    const auto pair = raw.substr(0, end);
    raw = end == std::string_view::npos ? std::string_view{} : raw.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = text::percentDecode(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::string() : text::percentDecode(pair.substr(equals + 1), true);
    if (name && value && text::isUtf8(*name) && text::isUtf8(*value)) {
      parameters.emplace_back(std::pair(std::move(*name), std::move(*value)));
    } else {
      parameters.emplace_back(std::nullopt);
    }
  }
  return parameters;
}

}  // namespace lull::http
