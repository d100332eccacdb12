// The story of one item, told by ItemStore from what the scripts have written.
#include "scripts/harness.hpp"
#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"

#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/item_store.hpp>

namespace lull::redis {
namespace {

using ports::QueueItemState;
using ::testing::ElementsAre;

class ItemStories : public ScriptHarness {
 protected:
  ItemStories() { clock_.set(instantOf(kNow)); }

  ports::ItemStory story(const std::string& itemId = "7", std::uint32_t changeType = 1) {
    const auto told = items_.story(changeType, itemId);
    EXPECT_TRUE(told) << told.error().message;
    return told ? *told : ports::ItemStory{};
  }
  /// The only entry of the story.
  ports::EndpointStory only(const std::string& itemId = "7") {
    const auto told = story(itemId);
    EXPECT_EQ(told.endpoints.size(), 1U);
    return told.endpoints.empty() ? ports::EndpointStory{} : told.endpoints.front();
  }
  void deliver(const std::string& id, std::int64_t now) { settleOne({.action = "c", .claim = claimOne(id, now)}, now); }

  ShardSettings settings() {
    ShardSettings settings;
    settings.pool.address = server().address();
    return settings;
  }

  testing::ManualClock clock_;
  testing::NoMeter meter_;
  Shard shard_{settings(), clock_, meter_};
  EndpointRegistry registry_{shard_};
  ItemStore items_{shard_, registry_};
};

TEST_F(ItemStories, OfAnItemThatNobodyKnowsAreEmpty) {
  createEndpoint("a");
  createLanes("b", Lanes::Item);
  EXPECT_FALSE(story().window);
  EXPECT_TRUE(story().endpoints.empty());
}

TEST_F(ItemStories, TellOfTheWindow) {
  settings_.interval = 5000;
  admit({{.key = "1n7"}, {.key = "1n7"}}, kNow);
  const auto window = story().window;
  ASSERT_TRUE(window);
  EXPECT_EQ(window->key.itemId, ItemId(7));
  EXPECT_EQ(window->events, 2U);
  EXPECT_EQ(window->firstAt, instantOf(kNow));
  EXPECT_EQ(window->dueAt, instantOf(kNow + 5000));
  EXPECT_FALSE(story("7", 2).window) << "of another change type";
}

TEST_F(ItemStories, TellOfAMessageThatWasLeasedAsItWasMade) {
  createEndpoint("a");
  permits_ = 1;
  admit({{.key = "1n7"}}, kNow);
  fire(kNow);
  EXPECT_EQ(only().inFlight->message.upto, 1U);
}

TEST_F(ItemStories, FollowAMessageOfADebouncedEndpointThroughItsStates) {
  createEndpoint("a");
  const auto first = put("1n7", kNow);
  put("1n8", kNow);
  EXPECT_EQ(only().waiting->message.upto, first);
  EXPECT_EQ(only().waiting->state, QueueItemState::Waiting);
  EXPECT_EQ(only().waiting->nextAttemptAt, instantOf(kNow));
  EXPECT_EQ(only().behind, 0U);

  const auto claimed = claim(kNow + 1, {"a"}, 1, 1).claims.at(0);
  ASSERT_EQ(claimed.key, "1n7");
  EXPECT_EQ(only().inFlight->message.upto, first);
  EXPECT_FALSE(only().waiting);
  const auto second = put("1n7", kNow + 2);
  EXPECT_EQ(only().inFlight->message.upto, first);
  EXPECT_EQ(only().waiting->message.upto, second);
  EXPECT_EQ(only().waiting->state, QueueItemState::Behind);
  EXPECT_EQ(only().behind, 1U);

  settleOne({.action = "c", .claim = claimed}, kNow + 3);
  EXPECT_EQ(only().waiting->message.upto, second);
  ASSERT_TRUE(only().lastDelivered);
  EXPECT_EQ(only().lastDelivered->at, instantOf(kNow + 3));
  EXPECT_EQ(only().lastDelivered->sequence, first);
  EXPECT_EQ(only("8").lastDelivered, std::nullopt);
}

TEST_F(ItemStories, ShowTheFailureAndWhenTheEndpointOpens) {
  createEndpoint("a");
  put("1n7", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 5000, .step = 1}, kNow + 10);
  EXPECT_EQ(only().waiting->state, QueueItemState::Retrying);
  EXPECT_EQ(only().waiting->lastCode, 500);
  EXPECT_EQ(only().waiting->nextAttemptAt, instantOf(kNow + 5000));
  redis({"HSET", names_.state("a"), "gate", text(kNow + 60'000)});
  EXPECT_EQ(only().waiting->nextAttemptAt, instantOf(kNow + 60'000));
  replaceEndpoint("a", 15, false, kNow + 20);
  EXPECT_EQ(only().waiting->nextAttemptAt, std::nullopt) << "while it is paused";
}

TEST_F(ItemStories, TellOfTheDeadLetterAlsoWhenItsEndpointIsDeleted) {
  createEndpoint("a");
  letter("a", "1n7", kNow);
  EXPECT_EQ(only().deadLetter->deadAt, letterOf("a", "1n7")->letter.deadAt);
  EXPECT_EQ(only().deadLetter->id, letterOf("a", "1n7")->letter.id);
  ASSERT_TRUE(registry_.refresh());
  ASSERT_TRUE(registry_.remove("a"));
  endpoints_.erase("a");
  EXPECT_EQ(story().endpoints.size(), 0U) << "a registration that cannot be read leaves no name behind";
  redis({"HSET", names_.deletedNames(), "a", "its name"});
  EXPECT_TRUE(only().deadLetter);
}

TEST_F(ItemStories, OfALaneOfItsOwnFindTheHeadAndCountWhatStandsBehind) {
  createLanes("a", Lanes::Item);
  const auto seven = tell({"1n7", "1n8", "1n7", "1n7", "1n70", "1s7"}, kNow);
  EXPECT_EQ(only("8").behind, 0U);
  const auto number = story().endpoints.at(0);
  EXPECT_EQ(number.waiting->message.upto, seven[0]);
  EXPECT_EQ(number.behind, 2U);
  const auto claims = claim(kNow, {"a"}).claims;
  const auto head = std::ranges::find(claims, laneKey("1n7", seven[0]), &Claimed::key);
  ASSERT_NE(head, claims.end());
  EXPECT_EQ(story().endpoints.at(0).inFlight->message.upto, seven[0]);
  EXPECT_EQ(story().endpoints.at(0).waiting->message.upto, seven[2]);
  EXPECT_EQ(story().endpoints.at(0).waiting->state, QueueItemState::Behind);
  settleOne({.action = "b", .claim = *head}, kNow + 1);
  EXPECT_EQ(story().endpoints.at(0).waiting->message.upto, seven[2]);
  EXPECT_EQ(story().endpoints.at(0).behind, 1U);
  EXPECT_EQ(story().endpoints.at(0).deadLetter->message.upto, seven[0]);
}

TEST_F(ItemStories, OfQueuesWithoutALaneOfTheItemLookAtTheFirstMessages) {
  createLanes("each", Lanes::Each);
  createLanes("one", Lanes::Endpoint);
  Words items(30, "1n1");
  items[3] = "1n7";
  items[29] = "1n9";
  const auto sequences = tell(items, kNow);
  const auto told = story();
  ASSERT_EQ(told.endpoints.size(), 2U);
  for (const auto& one : told.endpoints) {
    EXPECT_EQ(one.waiting->message.upto, sequences[3]) << one.endpoint;
    EXPECT_EQ(one.behind, std::nullopt) << one.endpoint;
  }
  EXPECT_TRUE(story("9").endpoints.empty()) << "too far behind to be looked for";
  settleOne({.action = "b", .claim = claimOne("one", kNow)}, kNow);
  EXPECT_EQ(story("1").endpoints.at(1).deadLetter->message.upto, sequences[0]);
}

TEST_F(ItemStories, TakeADigitForTheNumberAndForTheText) {
  createEndpoint("a");
  put("1n3", kNow);
  put("1s3", kNow);
  put("1s03", kNow);
  const auto told = story("3");
  ASSERT_EQ(told.endpoints.size(), 2U);
  EXPECT_EQ(told.endpoints[0].waiting->message.key.itemId, ItemId(3));
  EXPECT_EQ(told.endpoints[1].waiting->message.key.itemId, ItemId(std::string("3")));
  EXPECT_EQ(only("03").waiting->message.key.itemId, ItemId(std::string("03")));
}

TEST_F(ItemStories, AskForManyEndpointsInFewCalls) {
  for (int i = 0; i < 60; ++i) createEndpoint("e" + std::to_string(100 + i));
  put("1n7", kNow);
  story();  // connects, and reads the registrations
  redis({"CONFIG", "RESETSTAT"});
  EXPECT_EQ(story().endpoints.size(), 60U);
  const auto stats = redis({"INFO", "commandstats"}).text;
  const auto at = stats.find("cmdstat_evalsha:calls=");
  ASSERT_NE(at, std::string::npos) << stats;
  // A look at the registry; 25 endpoints per call, which asks for the number and the text.
  EXPECT_LE(std::stoi(stats.substr(at + 22)), 1 + 3) << stats;
}

TEST_F(ItemStories, ScriptChecksWhatItIsGiven) {
  createEndpoint("a");
  Call call{"item_story",
            {names_.windowIndex(), names_.windows(), names_.queue("a"), names_.messages("a"), names_.leases("a"),
             names_.state("a"), names_.history("a"), names_.attempts("a"), names_.letters("a"), names_.letterOrder("a"),
             names_.behind("a"), names_.heads("a"), names_.setAside("a")},
            {"1n7"}};
  put("1n7", kNow);
  // It reads what the kind of the endpoint needs, and checks types only of what it reads.
  for (const auto& key :
       {names_.windowIndex(), names_.windows(), names_.queue("a"), names_.messages("a"), names_.state("a"),
        names_.history("a"), names_.attempts("a"), names_.letters("a"), names_.letterOrder("a")}) {
    SCOPED_TRACE(key);
    const bool there = redis({"RENAME", key, "aside"}).text == "OK";
    redis({"SADD", key, "no script of ours uses sets"});
    expectRefused(call, "LULLTYPE");
    redis({"DEL", key});
    if (there) redis({"RENAME", "aside", key});
  }
  call.arguments = {"seven"};
  expectRefused(call, "LULLARG");
  call.arguments = {"1n7", "seven"};
  expectRefused(call, "LULLARG");
  call.arguments = {"1n7", "1s7", "2n7"};
  expectRefused(call, "LULLARG");
  call.arguments = {};
  expectRefused(call, "LULLARG");
}

}  // namespace
}  // namespace lull::redis
