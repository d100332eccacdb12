#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// JSON as bodies of requests and responses hold it. All functions are thread-safe.
namespace lull::http {

/// Keeps the order of members, so that replies read as the contract lists them.
using Json = nlohmann::ordered_json;

inline constexpr int kMaxJsonDepth = 64;
/// A tree takes up to thirty times the bytes of its text; no body of ours needs a tenth of this.
inline constexpr std::size_t kMaxJsonValues = 10'000;

/// What is wrong with a JSON text, and where: `pointer` is one of RFC 6901, empty for the whole text.
struct JsonFault {
  std::string pointer;
  std::string detail;
};

/// Reads a JSON text (RFC 8259) into a tree: strict UTF-8, at most 64 levels and 10,000 values, no member twice. A
/// fault repeats nothing of the text but names of members, as the text may hold a secret.
std::variant<Json, JsonFault> parseJson(std::string_view text);

/// The object that a text is; nullopt when it is something else, or no JSON.
std::optional<Json> parseJsonObject(std::string_view text);

/// The message about a text that is not JSON. Every reader looks for NUL bytes itself: to nlohmann one is the end of
/// the text, and what follows it would be passed over without a word.
std::string notJsonAt(std::size_t position);
inline constexpr std::string_view kTooDeep = "JSON is nested deeper than 64 levels.";

/// RFC 6901: `pointer` extended by a member name. Long names are cut: they came from a stranger.
std::string below(std::string_view pointer, std::string_view name);

/// Text that is not valid UTF-8 (it came from a receiver) is repaired, never a reason to fail.
std::string dump(const Json& json);

}  // namespace lull::http
