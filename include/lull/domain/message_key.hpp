#pragma once

#include <lull/domain/item_id.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// Where a message stands in the queue of its endpoint. A lane is what arrives one after another. In the queue of a
/// debounced endpoint each item has a lane of its own, which holds one message and what follows it. A lane that holds
/// more messages tells them apart by their sequences. A value type.
struct MessageKey {
  std::string lane;                         ///< of an item: ItemKey::packed()
  std::optional<std::uint64_t> sequence{};  ///< absent: the lane's only message

  static MessageKey ofItem(const ItemKey& item) { return {item.packed()}; }
  /// The item whose lane it is.
  std::optional<ItemKey> item() const { return ItemKey::fromPacked(lane); }

  /// The member and field name in Redis (lib/key.lua): the lane alone, or "<length of the lane>:<lane>" and the
  /// sequence in 16 hexadecimal digits. Of the second form no lane's keys begin like another's, and the keys of a lane
  /// stand in the order of their sequences.
  std::string packed() const;
  static std::optional<MessageKey> fromPacked(std::string_view packed);

  auto operator<=>(const MessageKey&) const = default;
};

}  // namespace lull
