#include <lull/domain/filter.hpp>

#include <gtest/gtest.h>

namespace lull {
namespace {

Event updated(std::vector<std::string> fields) {
  Event event;
  event.type = "EntryChanged";
  event.changedFields = std::move(fields);
  return event;
}

TEST(Filter, ThatListsNothingLetsAllPass) {
  EXPECT_EQ(refusedBy({}, updated({})), FilterPart::None);
  EXPECT_TRUE(Filter{}.listsNothing());
}

TEST(Filter, EntriesAreAlternativesAndListsAreNot) {
  Filter filter{{"EntryChanged", "EntryMoved"}, {Operation::Update}, {"title", "status"}, {"AA", "BB"}};
  auto event = updated({"note", "status"});
  event.scope = "BB";
  EXPECT_EQ(refusedBy(filter, event), FilterPart::None);
  event.type = "EntryOpened";
  EXPECT_EQ(refusedBy(filter, event), FilterPart::Events);
  event.type = "EntryMoved";
  event.scope = "CC";
  EXPECT_EQ(refusedBy(filter, event), FilterPart::Scopes);
  event.scope.clear();
  EXPECT_EQ(refusedBy(filter, event), FilterPart::Scopes);
  event.changedFields = {"note"};
  EXPECT_EQ(refusedBy(filter, event), FilterPart::Fields);
  event.operation = Operation::Create;
  EXPECT_EQ(refusedBy(filter, event), FilterPart::Operations);
}

TEST(Filter, OfFieldsPassesCreatesAndDeletesAndWhatNobodyNamed) {
  const Filter filter{{}, {}, {"title"}, {}};
  auto event = updated({"note"});
  EXPECT_EQ(refusedBy(filter, event), FilterPart::Fields);
  EXPECT_EQ(refusedBy(filter, updated({})), FilterPart::Fields);
  for (const auto operation : {Operation::Create, Operation::Delete}) {
    event.operation = operation;
    EXPECT_EQ(refusedBy(filter, event), FilterPart::None);
  }
  event.operation = Operation::Update;
  event.changedFields.reset();
  EXPECT_EQ(refusedBy(filter, event), FilterPart::None);
}

}  // namespace
}  // namespace lull
