#include "letter_id.hpp"

#include <lull/text/base64.hpp>

#include <charconv>

namespace lull::redis {

std::string letterId(const LetterPlace& place) {
  return "dl_" + text::toBase64Url(place.endpoint + "|" + std::to_string(place.number) + "|" + place.key.packed());
}

std::optional<LetterPlace> parseLetterId(std::string_view id) {
  if (!id.starts_with("dl_")) return std::nullopt;
  const auto bytes = text::fromBase64Url(id.substr(3));
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
