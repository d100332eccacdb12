#include <lull/http/media_type.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/http_field.hpp>

#include <algorithm>
#include <string>

namespace lull::http {

namespace {

/// Takes the next parameter off. It ends at a semicolon outside a quoted string. The blanks around it and the quotes of
/// its value are removed (RFC 9110 sections 5.6.4 and 5.6.6).
std::string nextParameter(std::string_view& parameters) {
  std::string one;
  bool quoted = false;
  std::size_t at = 0;
  for (; at < parameters.size() && (quoted || parameters[at] != ';'); ++at) {
    if (parameters[at] == '"') {
      quoted = !quoted;
      continue;
    }
    if (quoted && parameters[at] == '\\' && at + 1 < parameters.size()) ++at;
    one += parameters[at];
  }
  parameters.remove_prefix(std::min(at + 1, parameters.size()));
  return std::string(text::trimmed(one));
}

/// RFC 9110 section 8.3.1: parameters other than charset are passed over.
bool charsetIsUtf8(std::string_view parameters) {
  constexpr std::string_view kCharset = "charset=";
  while (!parameters.empty()) {
    const auto one = nextParameter(parameters);
    if (!text::equalsIgnoringCase(std::string_view(one).substr(0, kCharset.size()), kCharset)) continue;
    if (!text::equalsIgnoringCase(std::string_view(one).substr(kCharset.size()), "utf-8")) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string_view> plainMediaType(const MessageHead& head) {
  const auto coding = head.header("Content-Encoding");
  if (coding && !text::equalsIgnoringCase(*coding, "identity")) return std::nullopt;
  return plainMediaType(head.header("Content-Type").value_or(""));
}

std::optional<std::string_view> plainMediaType(std::string_view contentType) {
  const auto semicolon = contentType.find(';');
  if (semicolon != std::string_view::npos && !charsetIsUtf8(contentType.substr(semicolon + 1))) return std::nullopt;
  return text::trimmed(contentType.substr(0, semicolon));
}

bool isJsonType(std::string_view type) {
  const auto slash = type.find('/');
  if (slash == std::string_view::npos || !text::isToken(type.substr(0, slash))) return false;
  const auto subtype = text::lowerCase(type.substr(slash + 1));
  return text::isToken(subtype) && (subtype == "json" || (subtype.ends_with("+json") && subtype.size() > 5));
}

}  // namespace lull::http
