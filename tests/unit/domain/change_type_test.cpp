#include <lull/domain/change_type.hpp>
#include <lull/domain/operation.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Not the lowest bits, as after an operator took types away.
Catalogue catalogue() {
  return Catalogue({{"Second", 2, "SecondId", {"SecondCreated"}}, {"Fourth", 8, "FourthId", {"FourthCreated"}}});
}

TEST(Catalogue, NamesEveryBitOfAMaskAlsoOneThatItDoesNotHave) {
  EXPECT_THAT(catalogue().namesOf(0), IsEmpty());
  EXPECT_THAT(catalogue().namesOf(10), ElementsAre("Second", "Fourth"));
  EXPECT_THAT(catalogue().namesOf(27), ElementsAre("unknown (1)", "Second", "Fourth", "unknown (16)"));
  EXPECT_EQ(catalogue().nameOf(1U << 30), "unknown (1073741824)");
}

TEST(Operation, IsWhatTheEndOfAnEventsNameSays) {
  EXPECT_EQ(operationByName("AssetCreated"), Operation::Create);
  EXPECT_EQ(operationByName("AssetDeleted"), Operation::Delete);
  for (const auto* other : {"AssetMetadataUpdated", "CreatedAsset", "AssetRecreated", "Assetcreated", "deleted", ""}) {
    EXPECT_EQ(operationByName(other), Operation::Update) << other;
  }
  for (const auto operation : {Operation::Create, Operation::Update, Operation::Delete}) {
    EXPECT_EQ(parseOperation(toString(operation)), operation);
  }
  for (const auto* other : {"Create", "", "created"}) EXPECT_FALSE(parseOperation(other)) << other;
}

}  // namespace

}  // namespace lull
