#include "letter_id.hpp"

#include <array>
#include <charconv>

namespace lull::redis {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64Url(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned pending = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    pending += 8;
    while (pending >= 6) {
      pending -= 6;
      text.push_back(kAlphabet[(bits >> pending) & 63U]);
    }
  }
  if (pending > 0) text.push_back(kAlphabet[(bits << (6U - pending)) & 63U]);
  return text;
}

std::optional<std::string> fromBase64Url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned pending = 0;
  for (const char character : text) {
    const auto value = kAlphabet.find(character);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      bytes.push_back(static_cast<char>((bits >> pending) & 0xFFU));
    }
  }
  return bytes;
}

std::string letterId(const LetterPlace& place) {
  return "dl_" + base64Url(place.endpoint + "|" + std::to_string(place.number) + "|" + place.key.packed());
}

std::optional<LetterPlace> parseLetterId(std::string_view id) {
  if (!id.starts_with("dl_")) return std::nullopt;
  const auto bytes = fromBase64Url(id.substr(3));
  if (!bytes) return std::nullopt;
  const auto first = bytes->find('|');
  const auto second = first == std::string::npos ? first : bytes->find('|', first + 1);
  if (second == std::string::npos) return std::nullopt;
  LetterPlace place;
  place.endpoint = bytes->substr(0, first);
  const auto* from = bytes->data() + first + 1;
  const auto* to = bytes->data() + second;
  const auto [end, failure] = std::from_chars(from, to, place.number);
  const auto key = ItemKey::fromPacked(std::string_view(*bytes).substr(second + 1));
  if (failure != std::errc{} || end != to || !key) return std::nullopt;
  place.key = *key;
  // Only the canonical spelling is an id: another text must not name the same letter.
  return letterId(place) == id ? std::optional(place) : std::nullopt;
}

}  // namespace lull::redis
