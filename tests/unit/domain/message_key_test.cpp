#include <lull/domain/message_key.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace lull {
namespace {

TEST(MessageKeyTest, OfADebouncedMessageIsItsItemsLaneAlone) {
  const ItemKey item{1, ItemId(4711)};
  const auto key = MessageKey::ofItem(item);
  EXPECT_EQ(key.packed(), "1n4711");
  EXPECT_EQ(MessageKey::fromPacked("1n4711"), key);
  EXPECT_EQ(key.item(), item);
  EXPECT_FALSE(key.sequence);
}

TEST(MessageKeyTest, WithASequenceComesBackWhateverTheLaneHolds) {
  for (const auto& lane : {std::string("1n4711"), std::string("2s7:1n4"), std::string("1s\0:x", 5), std::string()}) {
    for (const std::uint64_t sequence : {std::uint64_t{0}, std::uint64_t{1763900000000123}, ~std::uint64_t{0}}) {
      const MessageKey key{lane, sequence};
      EXPECT_EQ(MessageKey::fromPacked(key.packed()), key) << key.packed();
    }
  }
  EXPECT_EQ((MessageKey{"1n4711", 255}.packed()), "6:1n471100000000000000ff");
}

TEST(MessageKeyTest, StandsInTheOrderOfItsSequenceAndNoLaneIsThePrefixOfAnother) {
  const std::vector<std::uint64_t> sequences{0, 9, 10, 15, 16, 255, 256, 1763900000000000, ~std::uint64_t{0}};
  std::vector<std::string> packed;
  for (const auto sequence : sequences) packed.push_back(MessageKey{"1n47", sequence}.packed());
  EXPECT_TRUE(std::ranges::is_sorted(packed));
  const auto prefix = std::string("4:1n47");
  for (const auto* other : {"1n4", "1n471", "1n4711", "1n470000000000000001", "1s47"}) {
    EXPECT_FALSE((MessageKey{other, 1}.packed().starts_with(prefix))) << other;
  }
}

TEST(MessageKeyTest, RefusesWhatPackedDoesNotWrite) {
  for (const auto* text : {"", "1", "x", "1x4", "6:1n4711", "6:1n471100000000000000fF", "06:1n471100000000000000ff",
                           "5:1n471100000000000000ff", "6:1n47110000000000000ff", "99999999999999999999:0"}) {
    EXPECT_FALSE(MessageKey::fromPacked(text)) << text;
  }
}

}  // namespace
}  // namespace lull
