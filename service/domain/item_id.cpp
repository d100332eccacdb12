#include <lull/domain/item_id.hpp>

#include <charconv>

namespace lull {

ItemId::ItemId(std::int64_t number) : number_(true), text_(std::to_string(number)) {}

ItemId::ItemId(std::string text) : number_(false), text_(std::move(text)) {}

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
