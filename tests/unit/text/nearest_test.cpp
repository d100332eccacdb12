#include <lull/text/nearest.hpp>

#include <gtest/gtest.h>

namespace lull::text {

namespace {

TEST(Nearest, IsTheNameWithTheFewestChangesCaseAside) {
  EXPECT_EQ(nearest("ITEMID", {"baseId", "itemId", "idName"}), "itemId");
  EXPECT_EQ(nearest("occuredAt", {"sentAt", "occurredAt"}), "occurredAt");
  EXPECT_EQ(nearest("x", {"aa", "b", "c"}), "b");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(editDistance("", "abc"), 3U);
  EXPECT_EQ(editDistance("kitten", "sitting"), 3U);
}

}  // namespace

}  // namespace lull::text
