#include "decoded_views.hpp"

#include "html_entities.hpp"

#include <lull/text/base64.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace lull::net {

namespace {

/// What one escape at the start of a text stands for, and how many bytes it takes; nothing when there is none.
struct Unescaped {
  std::string bytes;
  std::size_t length = 0;
};
using Escape = std::optional<Unescaped> (*)(std::string_view);

std::optional<std::uint32_t> hexAt(std::string_view text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(at, digits)) {
    if (text::hexValue(c) < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(text::hexValue(c));
  }
  return value;
}

std::string utf8(std::uint32_t code) {
  std::string character;
  text::appendCharacter(character, code);
  return character;
}

std::optional<Unescaped> unescapeJson(std::string_view text) {
  if (!text.starts_with('\\') || text.size() < 2) return std::nullopt;
  constexpr std::string_view kNamed = "bfnrt";
  constexpr std::string_view kMeant = "\b\f\n\r\t";
  if (const auto named = kNamed.find(text[1]); named != std::string_view::npos) return Unescaped{{kMeant[named]}, 2};
  if (text[1] == 'x') {
    const auto byte = hexAt(text, 2, 2);
    return byte ? std::optional(Unescaped{utf8(*byte), 4}) : std::nullopt;
  }
  if (text[1] != 'u') return Unescaped{{text[1]}, 2};
  const auto code = hexAt(text, 2, 4);
  if (!code) return std::nullopt;
  const bool leads = *code >= 0xD800 && *code < 0xDC00 && text.substr(6).starts_with("\\u");
  const auto low = leads ? hexAt(text, 8, 4) : std::nullopt;
  if (low && *low >= 0xDC00 && *low < 0xE000)
    return Unescaped{utf8(0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00)), 12};
  return Unescaped{utf8(*code), 6};
}

/// In a URL `+` may stand for a blank; redaction looks for values in that form, too.
std::optional<Unescaped> unescapeUrl(std::string_view text) {
  const auto byte = text.starts_with('%') ? hexAt(text, 1, 2) : std::nullopt;
  return byte ? std::optional(Unescaped{{static_cast<char>(*byte)}, 3}) : std::nullopt;
}

std::optional<Unescaped> unescapeQuotedPrintable(std::string_view text) {
  const auto byte = text.starts_with('=') ? hexAt(text, 1, 2) : std::nullopt;
  return byte ? std::optional(Unescaped{{static_cast<char>(*byte)}, 3}) : std::nullopt;
}

std::optional<Unescaped> unescapeHtml(std::string_view text) {
  constexpr std::size_t kLongest = 10;
  const auto end = text.substr(0, kLongest).find(';');
  if (!text.starts_with('&') || end == std::string_view::npos) return std::nullopt;
  const auto code = htmlEntity(text.substr(1, end - 1));
  return code ? std::optional(Unescaped{utf8(*code), end + 1}) : std::nullopt;
}

DecodedView unescaped(const DecodedView& view, Escape escape) {
  DecodedView out;
  const std::string_view text = view.bytes;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = escape(text.substr(at));
    const std::size_t length = found ? found->length : 1;
    const auto bytes = found ? std::string_view(found->bytes) : text.substr(at, 1);
    for (const char byte : bytes) out.add(byte, view.from[at], view.to[at + length - 1]);
    at += length;
  }
  return out;
}

/// A coding of whole bytes by groups of characters: base64 has four of six bits each, hex two of four.
struct Coding {
  int (*valueOf)(char);
  unsigned bitsEach;
  std::size_t group;
};
constexpr Coding kBase64{text::base64Value, 6, 4};
constexpr Coding kHex{text::hexValue, 4, 2};

/// The runs of the coding's characters, each read as if its groups began `skip` characters behind its start. What is no
/// such run becomes a byte that stands for nothing.
DecodedView decodedRuns(const DecodedView& view, const Coding& coding, std::size_t skip) {
  DecodedView out;
  std::uint32_t bits = 0;
  unsigned have = 0;
  std::size_t place = 0;  // in the run
  std::vector<std::size_t> source;
  for (std::size_t at = 0; at < view.bytes.size(); ++at) {
    const int value = coding.valueOf(view.bytes[at]);
    if (value < 0) {
      if (place > 0) out.add('\0', view.from[at], view.from[at]);
      place = have = 0;
      source.clear();
      continue;
    }
    if (place++ < skip) continue;
    bits = (bits << coding.bitsEach) | static_cast<std::uint32_t>(value);
    have += coding.bitsEach;
    source.push_back(at);
    if (have < 8) continue;
    have -= 8;
    const std::size_t first = source.size() > 1 ? source[source.size() - 2] : source.back();
    out.add(static_cast<char>((bits >> have) & 0xFFU), view.from[first], view.to[at]);
    if (have == 0) source.clear();
  }
  return out;
}

std::vector<DecodedView> decodings(const DecodedView& view) {
  std::vector<DecodedView> found;
  const auto keep = [&](DecodedView decoded) {
    if (decoded.bytes != view.bytes && !decoded.bytes.empty()) found.push_back(std::move(decoded));
  };
  for (const Escape escape : {unescapeJson, unescapeUrl, unescapeHtml, unescapeQuotedPrintable})
    keep(unescaped(view, escape));
  for (const Coding& coding : {kBase64, kHex}) {
    for (std::size_t skip = 0; skip < coding.group; ++skip) keep(decodedRuns(view, coding, skip));
  }
  return found;
}

}  // namespace

void DecodedView::add(char byte, std::size_t begin, std::size_t end) {
  bytes += byte;
  from.push_back(begin);
  to.push_back(end);
}

std::vector<DecodedView> decodedViews(std::string_view text) {
  DecodedView plain;
  for (std::size_t at = 0; at < text.size(); ++at) plain.add(text[at], at, at + 1);
  auto views = decodings(plain);
  const std::size_t once = views.size();
  for (std::size_t i = 0; i < once; ++i) {
    for (auto& twice : decodings(views[i])) views.push_back(std::move(twice));
  }
  views.push_back(std::move(plain));
  return views;
}

}  // namespace lull::net
