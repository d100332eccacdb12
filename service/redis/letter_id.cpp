#include "letter_id.hpp"

#include <array>
#include <charconv>

namespace lull::redis {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Takes what stands before the next bar, and the bar, off the front.
std::optional<std::string_view> partBefore(std::string_view& rest) {
  const auto bar = rest.find('|');
  if (bar == std::string_view::npos) return std::nullopt;
  const auto part = rest.substr(0, bar);
  rest.remove_prefix(bar + 1);
  return part;
}

template <class Number>
bool readNumber(const std::optional<std::string_view>& text, Number& number) {
  if (!text) return false;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  return failure == std::errc{} && end == text->data() + text->size();
}

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
  return "dl_" + base64Url(std::to_string(place.shard) + "|" + place.endpoint + "|" + std::to_string(place.number) +
                           "|" + place.key.packed());
}

std::optional<LetterPlace> parseLetterId(std::string_view id) {
  if (!id.starts_with("dl_")) return std::nullopt;
  const auto bytes = fromBase64Url(id.substr(3));
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  const auto shard = partBefore(rest);
  const auto endpoint = partBefore(rest);
  const auto number = partBefore(rest);
  LetterPlace place;
  const auto key = MessageKey::fromPacked(rest);
  if (!endpoint || !readNumber(shard, place.shard) || !readNumber(number, place.number) || !key) return std::nullopt;
  place.endpoint = *endpoint;
  place.key = *key;
  // Only the canonical spelling is an id: another text must not name the same letter.
  return letterId(place) == id ? std::optional(place) : std::nullopt;
}

}  // namespace lull::redis
