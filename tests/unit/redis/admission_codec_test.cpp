#include "../../../service/redis/admission_codec.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lull::redis {
namespace {

Event event(const std::string& id, const std::string& source = "") {
  Event made;
  made.type = "AssetCreated";
  made.changeType = 1;
  made.itemId = ItemId(4711);
  made.id = id;
  made.source = source;
  return made;
}

std::string idOf(const Event& event, const std::string& publisher) {
  return packEvent(event, publisher).id;
}

TEST(IdempotencyId, OfAPlainEventBelongsToItsPublisher) {
  EXPECT_EQ(idOf(event(""), "dam"), "") << "it has none";
  EXPECT_EQ(idOf(event("e-1"), "dam"), idOf(event("e-1"), "dam"));
  EXPECT_NE(idOf(event("e-1"), "dam"), idOf(event("e-1"), "cms"));
  EXPECT_NE(idOf(event("e-1"), "dam"), idOf(event("e-2"), "dam"));
}

TEST(IdempotencyId, OfACloudEventBelongsToItsSourceWhoeverHandsItOn) {
  EXPECT_EQ(idOf(event("e-1", "/dam"), "one"), idOf(event("e-1", "/dam"), "another"));
  EXPECT_NE(idOf(event("e-1", "/dam"), "one"), idOf(event("e-1", "/cms"), "one"));
}

TEST(IdempotencyId, OfAPlainEventIsNeverThatOfACloudEvent) {
  EXPECT_NE(idOf(event("e-1", "dam"), "dam"), idOf(event("e-1"), "dam")) << "a source that is called like a publisher";
  EXPECT_NE(idOf(event("e-1", "dam"), ""), idOf(event("e-1"), "source3:dam"));
}

TEST(IdempotencyId, IsOfOneTypeAndItem) {
  auto other = event("e-1", "/dam");
  other.type = "AssetDeleted";
  EXPECT_NE(idOf(other, "p"), idOf(event("e-1", "/dam"), "p"));
  other = event("e-1", "/dam");
  other.itemId = ItemId(std::string("4711"));
  EXPECT_NE(idOf(other, "p"), idOf(event("e-1", "/dam"), "p")) << "the text is another item than the number";
}

}  // namespace
}  // namespace lull::redis
