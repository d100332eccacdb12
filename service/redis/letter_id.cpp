#include "letter_id.hpp"

#include <lull/text/base64.hpp>

#include <charconv>

namespace lull::redis {

namespace {

// Takes what stands before the next bar, and the bar, off the front.
std::optional<std::string_view> partBefore(std::string_view& rest) {
  const auto bar = rest.find('|');
  if (bar == std::string_view::npos) return std::nullopt;
  const auto part = rest.substr(0, bar);
  rest.remove_prefix(bar + 1);
  return part;
}

template <class Number>
bool readNumber(const std::optional<std::string_view>& digits, Number& number) {
  if (!digits) return false;
  const auto [end, failure] = std::from_chars(digits->data(), digits->data() + digits->size(), number);
  return failure == std::errc{} && end == digits->data() + digits->size();
}

}  // namespace

std::string letterId(const LetterPlace& place) {
  return "dl_" + text::toBase64Url(std::to_string(place.shard) + "|" + place.endpoint + "|" +
                                   std::to_string(place.number) + "|" + place.key.packed());
}

std::optional<LetterPlace> parseLetterId(std::string_view id) {
  if (!id.starts_with("dl_")) return std::nullopt;
  const auto bytes = text::fromBase64Url(id.substr(3));
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
