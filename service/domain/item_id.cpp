#include <lull/domain/item_id.hpp>

#include <charconv>

namespace lull {

namespace {

// Length of the UTF-8 sequence at `text[at]`, or 0 when it is not valid (RFC 3629: no overlong forms, no surrogates).
std::size_t sequenceLength(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(at);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return follows(at + 1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    const bool overlong = first == 0xE0U && byte(at + 1) < 0xA0U;
    const bool surrogate = first == 0xEDU && byte(at + 1) >= 0xA0U;
    return !overlong && !surrogate && follows(at + 1) && follows(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const bool overlong = first == 0xF0U && byte(at + 1) < 0x90U;
    const bool tooLarge = first == 0xF4U && byte(at + 1) >= 0x90U;
    return !overlong && !tooLarge && follows(at + 1) && follows(at + 2) && follows(at + 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

ItemId::ItemId(std::int64_t number) : number_(true), text_(std::to_string(number)) {}

ItemId::ItemId(std::string text) : number_(false), text_(std::move(text)) {}

bool ItemId::isValidText(std::string_view text) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    const auto length = sequenceLength(text, at);
    if (length == 0) return false;
    at += length;
  }
  return characters >= 1 && characters <= kMaxCharacters;
}

std::optional<ItemId> ItemId::fromPacked(std::string_view packed) {
  if (packed.size() < 2) return std::nullopt;
  const auto rest = packed.substr(1);
  if (packed.front() == 's') return ItemId(std::string(rest));
  if (packed.front() != 'n') return std::nullopt;
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (failure != std::errc{} || end != rest.data() + rest.size()) return std::nullopt;
  return ItemId(number);
}

std::optional<ItemKey> ItemKey::fromPacked(std::string_view packed) {
  std::uint32_t changeType = 0;
  const auto [end, failure] = std::from_chars(packed.data(), packed.data() + packed.size(), changeType);
  if (failure != std::errc{}) return std::nullopt;
  auto itemId = ItemId::fromPacked(packed.substr(static_cast<std::size_t>(end - packed.data())));
  if (!itemId) return std::nullopt;
  return ItemKey{changeType, *std::move(itemId)};
}

}  // namespace lull
