#include <lull/http/query_string.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/utf8.hpp>

namespace lull::http {

std::optional<std::string> percentDecode(std::string_view text, bool plusIsBlank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plusIsBlank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? text::hexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? text::hexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::vector<QueryParameter> splitQuery(std::string_view raw) {
  std::vector<QueryParameter> parameters;
  while (!raw.empty()) {
    const auto end = raw.find('&');
    const auto pair = raw.substr(0, end);
    raw = end == std::string_view::npos ? std::string_view{} : raw.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percentDecode(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::string() : percentDecode(pair.substr(equals + 1), true);
    if (name && value && text::isUtf8(*name) && text::isUtf8(*value)) {
      parameters.emplace_back(std::pair(std::move(*name), std::move(*value)));
    } else {
      parameters.emplace_back(std::nullopt);
    }
  }
  return parameters;
}

}  // namespace lull::http
