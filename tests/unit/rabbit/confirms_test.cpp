#include "../../../service/rabbit/confirms.hpp"

#include <gmock/gmock.h>

namespace lull::rabbit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct ConfirmsTest : ::testing::Test {
  DeliveryPtr add(const std::string& id, const std::string& body = "{}") {
    Outgoing message;
    message.messageId = id;
    message.body = body;
    auto delivery = std::make_shared<Delivery>(std::move(message), Millis{1000}, [](const AttemptResult&) {});
    confirms.add(delivery);
    return delivery;
  }
  /// The ids in their order, and "!" after one that came back.
  std::vector<std::string> confirmed(std::uint64_t tag, bool multiple) {
    std::vector<std::string> ids;
    for (const auto& [delivery, returned] : confirms.confirm(tag, multiple)) {
      ids.push_back(delivery->message().messageId + (returned ? "!" : ""));
    }
    return ids;
  }
  Confirms confirms;
};

TEST_F(ConfirmsTest, ATagIsThePlaceInTheOrderOfPublishing) {
  add("a");
  add("b");
  add("c");
  EXPECT_THAT(confirmed(2, false), ElementsAre("b"));
  EXPECT_THAT(confirmed(2, false), IsEmpty());
  EXPECT_THAT(confirmed(1, false), ElementsAre("a"));
  EXPECT_EQ(confirms.size(), 1U);
}

TEST_F(ConfirmsTest, MultipleTakesAllUpToATagAndWithoutATagAll) {
  for (const auto* id : {"a", "b", "c", "d", "e"}) add(id);
  EXPECT_THAT(confirmed(3, true), ElementsAre("a", "b", "c"));
  EXPECT_THAT(confirmed(3, true), IsEmpty());
  EXPECT_THAT(confirmed(0, true), ElementsAre("d", "e"));
  EXPECT_THAT(confirmed(9, true), IsEmpty());
}

TEST_F(ConfirmsTest, AReturnIsJudgedTogetherWithTheConfirmationOfItsMessage) {
  for (const auto* id : {"a", "b", "c"}) add(id);
  confirms.noteReturn("b", {312, "NO_ROUTE"});
  confirms.noteReturn("unknown", {312, "NO_ROUTE"});
  EXPECT_THAT(confirmed(3, true), ElementsAre("a", "b!", "c"));
}

// An attempt was given up, the next one published the same message again.
TEST_F(ConfirmsTest, OfTwoMessagesWithOneIdTheFirstIsReturnedFirst) {
  add("a");
  add("b");
  add("a");
  confirms.noteReturn("a", {312, "NO_ROUTE"});
  EXPECT_THAT(confirmed(0, true), ElementsAre("a!", "b", "a"));
  add("a");
  add("a");
  confirms.noteReturn("a", {312, "NO_ROUTE"});
  confirms.noteReturn("a", {312, "NO_ROUTE"});
  EXPECT_THAT(confirmed(0, true), ElementsAre("a!", "a!"));
}

TEST_F(ConfirmsTest, ANewChannelCountsFromOneAgain) {
  add("a");
  add("b");
  EXPECT_EQ(confirms.takeAll().size(), 2U);
  EXPECT_EQ(confirms.size(), 0U);
  add("c");
  EXPECT_THAT(confirmed(1, false), ElementsAre("c"));
}

// A queue that never confirms: whoever waited for it has given up.
TEST_F(ConfirmsTest, WhatWasGivenUpKeepsItsTagButNeitherAPlaceNorItsBody) {
  const auto first = add("a", std::string(10'000, 'x'));
  add("b");
  first->end({});
  EXPECT_EQ(confirms.size(), 2U);
  EXPECT_EQ(confirms.awaited(), 1U);
  EXPECT_LT(first->message().body.capacity(), 100U);
  EXPECT_THAT(confirmed(2, false), ElementsAre("b"));
  EXPECT_THAT(confirmed(1, false), ElementsAre("a"));
}

}  // namespace
}  // namespace lull::rabbit
