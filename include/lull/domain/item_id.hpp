#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// Identifies an item (or its base) in the system of record: an int64 or a text of 1–200 characters. It passes through
/// unchanged in type, so the number 3 and the text "3" are two different ids. A value type.
class ItemId {
 public:
  static constexpr std::size_t kMaxCharacters = 200;

  ItemId() = default;
  explicit ItemId(std::int64_t number);
  /// `text` is valid UTF-8 of 1 to kMaxCharacters characters, which the caller has checked.
  explicit ItemId(std::string text);

  bool isNumber() const { return number_; }
  /// The digits of a number, or the text itself: what filter `itemId=3` is compared with.
  const std::string& text() const { return text_; }

  /// "n4711" or "sabc": unambiguous, used in Redis keys and cursors.
  std::string packed() const { return (number_ ? "n" : "s") + text_; }
  static std::optional<ItemId> fromPacked(std::string_view packed);

  auto operator<=>(const ItemId&) const = default;

 private:
  bool number_ = true;
  std::string text_ = "0";
};

/// What a debounce window and a queued message are keyed by: (change type, item).
struct ItemKey {
  std::uint32_t changeType = 0;  ///< one bit of the catalogue
  ItemId itemId;

  /// "1n4711": the member and field name in Redis.
  std::string packed() const { return std::to_string(changeType) + itemId.packed(); }
  static std::optional<ItemKey> fromPacked(std::string_view packed);

  auto operator<=>(const ItemKey&) const = default;
};

}  // namespace lull
