#include "media_type.hpp"

namespace lull::api {

namespace {

/// RFC 9110 section 8.3.1: parameters other than charset are passed over.
bool charsetIsUtf8(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto one = trimBlanks(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
    const auto equals = one.find('=');
    if (equals == std::string_view::npos || !equalsIgnoreCase(one.substr(0, equals), "charset")) continue;
    auto value = one.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    if (!equalsIgnoreCase(value, "utf-8")) return false;
  }
  return true;
}

}  // namespace

std::optional<MediaType> mediaTypeOf(const MessageHead& head, Takes takes) {
  const auto coding = head.header("Content-Encoding");
  if (coding && !equalsIgnoreCase(*coding, "identity")) return std::nullopt;
  const auto given = head.header("Content-Type").value_or("");
  const auto semicolon = given.find(';');
  if (semicolon != std::string_view::npos && !charsetIsUtf8(given.substr(semicolon + 1))) return std::nullopt;
  const auto type = trimBlanks(given.substr(0, semicolon));
  if (equalsIgnoreCase(type, "application/json")) return MediaType::JsonText;
  if (takes == Takes::MergePatch && equalsIgnoreCase(type, "application/merge-patch+json")) return MediaType::JsonText;
  if (takes == Takes::Events && equalsIgnoreCase(type, "application/x-ndjson")) return MediaType::Ndjson;
  return std::nullopt;
}

std::string mediaTypesOf(Takes takes) {
  std::string types = "application/json";
  if (takes == Takes::MergePatch) types = "application/merge-patch+json or application/json";
  if (takes == Takes::Events) types = "application/json or application/x-ndjson";
  return "Content-Type must be " + types + ", in UTF-8 and not compressed.";
}

}  // namespace lull::api
