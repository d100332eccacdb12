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

TEST(Catalogue, AnEventHasWordsOfItsOwnOrThoseOfItsChangeType) {
  ChangeType type{"PersonChanged", 1, "PersonId", {"PersonCreated"}, "persons"};
  EventType phone("PhoneCreated");
  phone.operation = Operation::Update;
  phone.resource = "phones";
  type.events.push_back(phone);
  const Catalogue own({type, {"CourseChanged", 2, "CourseId", {"CourseDeleted"}, "", "course"}});
  EXPECT_EQ(own.event("PersonCreated")->operationOrNamed(), Operation::Create);
  EXPECT_EQ(own.event("PhoneCreated")->operationOrNamed(), Operation::Update);
  EXPECT_EQ(own.event("CourseDeleted")->operationOrNamed(), Operation::Delete);
  EXPECT_EQ(own.event("Personcreated"), nullptr);
  const auto words = [&](std::uint32_t value, std::string_view event) {
    const auto names = own.resourceNames(value, event);
    return names.resource + " " + names.idName;
  };
  EXPECT_EQ(words(1, "PersonCreated"), "persons persons_id");
  EXPECT_EQ(words(1, "PhoneCreated"), "phones phones_id");
  EXPECT_EQ(words(2, "CourseDeleted"), "CourseChanged course");
  EXPECT_EQ(words(2, "PhoneCreated"), "CourseChanged course");
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
