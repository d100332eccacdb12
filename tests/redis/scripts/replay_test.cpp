#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr unsigned kReplay = 32;

/// A replay of endpoint "a", which a job does that the process "me" runs.
class ReplayScripts : public ScriptHarness {
 protected:
  Call markCall(std::int64_t now) const { return {"replay_mark", {names_.meta()}, {text(now)}}; }
  /// Begins a replay now.
  void begin(std::int64_t now) {
    const auto reply = run(markCall(now));
    ASSERT_FALSE(reply.isError()) << reply.text;
    number_ = text(reply.items.at(0).integer);
    mark_ = reply.items.at(1).integer;
    ASSERT_GT(reply.items.at(0).integer, 0);
    run("job_create", {names_.meta(), names_.jobOrder(), names_.jobs()}, {number_, text(now), "order", "9", "100"});
    take(now, "me");
  }
  void take(std::int64_t now, const std::string& token) {
    run("job_take", {names_.meta(), names_.jobOrder(), names_.jobs()}, {text(now), token, "3000"});
  }
  Call moveCall(const Words& items, std::int64_t now) {
    const auto& id = id_;
    Call call{"replay_move",
              {names_.meta(), names_.counters(), names_.wakeIndex(), names_.changed(), names_.jobs(), names_.queue(id),
               names_.messages(id), names_.leases(id), names_.state(id), names_.behind(id), names_.heads(id),
               names_.setAside(id)},
              {id, text(now), text(settings_.firstRetry), number_, token_, text(mark_), text(mostDue_)}};
    for (const auto& word : items) call.arguments.push_back(word);
    return call;
  }
  /// {dealt with, done, skipped}
  std::vector<std::int64_t> move(const Words& items, std::int64_t now) {
    const auto reply = run(moveCall(items, now));
    EXPECT_FALSE(reply.isError()) << reply.text;
    std::vector<std::int64_t> numbers;
    for (const auto& item : reply.items) numbers.push_back(item.integer);
    return numbers;
  }
  std::string of(const std::string& name) { return field(names_.jobs(), number_ + "|" + name); }
  /// Changes items; what the endpoint is told of that is delivered at once.
  void change(const Words& keys, std::int64_t now, Operation operation = Operation::Update) {
    for (const auto& key : keys) admit({{.key = key, .operation = operation}}, now);
    fire(now);
    fan(now);
    deliverAll(now);
  }
  void deliverAll(std::int64_t now) {
    for (auto claims = claim(now, {id_}).claims; !claims.empty(); claims = claim(now, {id_}).claims) {
      for (const auto& one : claims) settleOne({.action = "c", .claim = one}, now);
    }
  }
  Words claimed(std::int64_t now) {
    Words keys;
    for (const auto& one : claim(now, {"a"}).claims) keys.push_back(one.key);
    return keys;
  }

  std::string id_ = "a", number_, token_ = "me";
  std::int64_t mark_ = 0, mostDue_ = 32;
};

TEST_F(ReplayScripts, AnItemIsToldOnceMoreUnderANewIdWithItsNewestState) {
  createEndpoint("a");
  change({"1n7"}, kNow);
  change({"1n7"}, kNow + 10, Operation::Delete);
  begin(kNow + 20);
  EXPECT_THAT(move({"1n7", "2"}, kNow + 30), ElementsAre(1, 1, 0));
  const auto told = message("a", "1n7").value();
  EXPECT_EQ(told.flags, kReplay);
  EXPECT_EQ(told.upto, 2U);
  EXPECT_GT(told.idSeq, 2U) << "no event has this sequence, so no message had this id";
  EXPECT_EQ(told.events, 1U);
  EXPECT_EQ(told.stamp, kNow + 30);
  EXPECT_EQ(told.occurred, kNow + 10);
  const auto sent = claimOne("a", kNow + 30);
  EXPECT_EQ(sent.message.flags & kReplay, kReplay);
  settleOne({.action = "c", .claim = sent}, kNow + 30);
  EXPECT_EQ(of("done"), "1");
  EXPECT_EQ(of("at"), "2");
  EXPECT_EQ(counter("created"), 3);
  EXPECT_EQ(counter("delivered"), 3);
}

TEST_F(ReplayScripts, AnItemWhoseNewestStateIsOfAnEarlierEventIsToldThat) {
  createEndpoint("a");
  settings_.interval = 100;
  admit({{.key = "1n7", .operation = Operation::Create}}, kNow);
  admit({{.key = "1n7", .occurred = kNow - 5'000}}, kNow + 10);
  fire(kNow + 110);
  deliverAll(kNow + 110);
  begin(kNow + 120);
  EXPECT_THAT(move({"1n7", "2"}, kNow + 130), ElementsAre(1, 1, 0));
  const auto told = message("a", "1n7").value();
  EXPECT_EQ(told.upto, 2U);
  EXPECT_EQ(told.occurred, kNow);
}

TEST_F(ReplayScripts, AnEntryOfEachFormIsTold) {
  createEndpoint("a");
  admit({{.key = "1n1", .trace = "trace"}, {.key = "1n2", .occurred = kNow - 9}, {.key = "1n3"}}, kNow);
  fire(kNow);
  deliverAll(kNow);
  auto unknown = field(names_.changed(), "1n3");
  unknown.at(1) = 3;
  redis({"HSET", names_.changed(), "1n4", unknown});
  begin(kNow + 1);
  EXPECT_THAT(move({"1n1", "1", "1n2", "2", "1n3", "3", "1n4", "3"}, kNow + 2), ElementsAre(4, 3, 1));
  for (const auto* key : {"1n1", "1n2", "1n3"}) {
    const auto told = message("a", key).value();
    EXPECT_EQ(told.occurred, key == std::string("1n2") ? kNow - 9 : kNow) << key;
    EXPECT_EQ(told.winSeq, told.upto) << key;
  }
}

TEST_F(ReplayScripts, OfAnEntryThatIsCutOffNothingIsTold) {
  createEndpoint("a");
  change({"1n3"}, kNow);
  const auto whole = field(names_.changed(), "1n3");
  begin(kNow + 1);
  // At its end stands the data of the event, which replays do not use.
  for (std::size_t length = 0; length < whole.size() - std::string("data").size(); ++length) {
    redis({"HSET", names_.changed(), "1n4", whole.substr(0, length)});
    EXPECT_THAT(move({"1n4", "1"}, kNow + 2), ElementsAre(1, 0, 1)) << length << " of " << whole.size();
  }
}

TEST_F(ReplayScripts, OfAPayloadOfAnotherVersionNothingIsTold) {
  createEndpoint("a");
  change({"1n3"}, kNow);
  auto entry = field(names_.changed(), "1n3");
  constexpr std::size_t kPayload = 25;  // its version comes first
  ASSERT_EQ(entry.at(kPayload), 3);
  entry.at(kPayload) = 4;
  redis({"HSET", names_.changed(), "1n3", entry});
  begin(kNow + 1);
  EXPECT_THAT(move({"1n3", "1"}, kNow + 2), ElementsAre(1, 0, 1));
}

TEST_F(ReplayScripts, TheyGoInTheOrderInWhichTheyChangedBehindWhatIsDueAlready) {
  createEndpoint("a");
  change({"1n9", "1n5", "1n7", "1n1"}, kNow);
  put("1n3", kNow + 20);
  begin(kNow + 20);
  EXPECT_THAT(move({"1n9", "1", "1n5", "2", "1n7", "3"}, kNow + 21), ElementsAre(3, 3, 0));
  EXPECT_THAT(move({"1n1", "4"}, kNow + 21), ElementsAre(1, 1, 0));
  EXPECT_THAT(claimed(kNow + 21), ElementsAre("1n3", "1n9", "1n5", "1n7", "1n1"));
}

TEST_F(ReplayScripts, NoMoreOfTheirMessagesAreDueThanMayBe) {
  createEndpoint("a");
  change({"1n1", "1n2", "1n3", "1n4"}, kNow);
  begin(kNow + 20);
  mostDue_ = 2;
  const Words all{"1n1", "1", "1n2", "2", "1n3", "3", "1n4", "4"};
  EXPECT_THAT(move(all, kNow + 30), ElementsAre(2, 2, 0));
  EXPECT_EQ(of("at"), "2");
  EXPECT_THAT(move({"1n3", "3", "1n4", "4"}, kNow + 31), ElementsAre(0, 0, 0));
  EXPECT_EQ(of("at"), "2");
  // What is told live has at most those two before it.
  put("1n9", kNow + 32);
  EXPECT_THAT(claimed(kNow + 32), ElementsAre("1n1", "1n2", "1n9"));
  EXPECT_THAT(move({"1n3", "3", "1n4", "4"}, kNow + 33), ElementsAre(2, 2, 0)) << "leased ones are on their way";
  EXPECT_EQ(of("done"), "4");
}

TEST_F(ReplayScripts, WhatWaitsLiveLeavesThemNoRoom) {
  createEndpoint("a");
  change({"1n1"}, kNow);
  begin(kNow + 20);
  mostDue_ = 2;
  put("1n8", kNow + 30);
  put("1n9", kNow + 30);
  EXPECT_THAT(move({"1n1", "1"}, kNow + 31), ElementsAre(0, 0, 0));
  claim(kNow + 31, {"a"});
  EXPECT_THAT(move({"1n1", "1"}, kNow + 31), ElementsAre(1, 1, 0));
}

TEST_F(ReplayScripts, AnItemThatIsQueuedAlreadyIsAbsorbed) {
  createEndpoint("a");
  put("1n7", kNow);
  put("1n8", kNow);
  const auto leased = claim(kNow, {"a"}, 1, 1).claims.at(0);
  begin(kNow + 20);
  mostDue_ = 0;
  const auto before = field(names_.messages("a"), "1n8");
  EXPECT_THAT(move({"1n7", "1", "1n8", "2"}, kNow + 30), ElementsAre(2, 2, 0)) << "they need no room";
  EXPECT_EQ(field(names_.messages("a"), "1n8"), before);
  EXPECT_EQ(score(names_.queue("a"), "1n8"), kNow);
  EXPECT_FALSE(successor("a", leased.key));
  EXPECT_EQ(counter("created"), 2);
  EXPECT_EQ(counter("superseded"), 0);
}

// The endpoint was not told of the newest state, because its filter refused it then.
TEST_F(ReplayScripts, AQueuedMessageThatIsOlderTakesTheNewestStateIn) {
  createEndpoint("a");
  put("1n7", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 60'000, .step = 1}, kNow);
  put("1n8", kNow);
  const auto leased = claimOne("a", kNow);
  put("1n9", kNow);
  Filter filter;
  filter.operations = {Operation::Create};
  filterEndpoint("a", filter);
  for (const auto* key : {"1n7", "1n8", "1n9"}) admit({{.key = key}}, kNow + 1);
  fire(kNow + 1);
  filterEndpoint("a", {});
  begin(kNow + 20);
  EXPECT_THAT(move({"1n7", "4", "1n8", "5", "1n9", "6"}, kNow + 30), ElementsAre(3, 3, 0));
  const auto retried = message("a", "1n7").value();
  EXPECT_EQ(retried.upto, 4U);
  EXPECT_GT(retried.idSeq, 6U) << "another content under another id";
  EXPECT_FALSE(retried.attempted());
  EXPECT_EQ(successor("a", "1n8")->upto, 5U);
  EXPECT_EQ(successor("a", "1n8")->flags, kReplay);
  EXPECT_EQ(message("a", "1n9")->idSeq, 3U) << "it was never attempted, so its id stays";
  EXPECT_EQ(message("a", "1n9")->flags & kReplay, 0U);
  EXPECT_EQ(counter("superseded"), 2);
  settleOne({.action = "c", .claim = leased}, kNow + 40);
  EXPECT_EQ(message("a", "1n8")->upto, 5U);
}

TEST_F(ReplayScripts, WhatFiredSinceItBeganIsToldLiveAndSkipped) {
  createEndpoint("a");
  change({"1n7", "1n8"}, kNow);
  begin(kNow + 20);
  change({"1n7"}, kNow + 25);
  EXPECT_THAT(move({"1n7", "1", "1n8", "2"}, kNow + 25), ElementsAre(2, 1, 1));
  EXPECT_FALSE(message("a", "1n7"));
  EXPECT_TRUE(message("a", "1n8"));
  EXPECT_EQ(of("skipped"), "1");
}

// A process that has read the index goes on with it while windows fire: the script looks again.
TEST_F(ReplayScripts, AnEntryThatIsNotAsItWasSeenIsSkipped) {
  createEndpoint("a");
  change({"1n7"}, kNow);
  begin(kNow + 20);
  EXPECT_THAT(move({"1n7", "9", "1n4", "3"}, kNow + 30), ElementsAre(2, 0, 2));
}

TEST_F(ReplayScripts, NewsThatComesToAWaitingReplayMakesItLive) {
  createEndpoint("a");
  change({"1n7"}, kNow);
  begin(kNow + 20);
  move({"1n7", "1"}, kNow + 30);
  put("1n7", kNow + 40, "news");
  const auto told = message("a", "1n7").value();
  EXPECT_EQ(told.flags & kReplay, 0U);
  EXPECT_EQ(told.data, "news");
  EXPECT_EQ(redis({"HLEN", names_.messages("a")}).integer, 1);
}

TEST_F(ReplayScripts, TheFilterIsJudgedByTheNewestState) {
  createEndpoint("a");
  change({"1n1"}, kNow, Operation::Create);
  change({"1n2"}, kNow, Operation::Update);
  Filter filter;
  filter.operations = {Operation::Create};
  filterEndpoint("a", filter);
  begin(kNow + 20);
  EXPECT_THAT(move({"1n1", "1", "1n2", "2"}, kNow + 30), ElementsAre(2, 1, 1));
  EXPECT_TRUE(message("a", "1n1"));
  EXPECT_FALSE(message("a", "1n2"));
  filter.operations.clear();
  filter.scopes = {"AA"};
  filterEndpoint("a", filter);
  EXPECT_THAT(move({"1n2", "2"}, kNow + 30), ElementsAre(1, 1, 0)) << "nobody knows, so it is told";
}

TEST_F(ReplayScripts, ItemsOfABitThatWasGivenUpAreSkipped) {
  createEndpoint("a");
  change({"1n1", "2n2"}, kNow);
  begin(kNow + 20);
  replaceEndpoint("a", 2, true, kNow + 20);
  EXPECT_THAT(move({"1n1", "1", "2n2", "2"}, kNow + 30), ElementsAre(2, 1, 1));
}

TEST_F(ReplayScripts, APausedEndpointKeepsThem) {
  createEndpoint("a");
  change({"1n1", "1n2", "1n3"}, kNow);
  replaceEndpoint("a", 15, false, kNow);
  begin(kNow + 20);
  mostDue_ = 2;
  EXPECT_THAT(move({"1n1", "1", "1n2", "2", "1n3", "3"}, kNow + 30), ElementsAre(2, 2, 0));
  EXPECT_THAT(claimed(kNow + 30), IsEmpty());
  EXPECT_THAT(move({"1n3", "3"}, kNow + 40), ElementsAre(0, 0, 0));
}

TEST_F(ReplayScripts, InLanesEachIsAMessageAtTheEndOfItsLane) {
  mostDue_ = 2;
  auto now = kNow;
  for (const auto lanes : {Lanes::Item, Lanes::Endpoint, Lanes::Each}) {
    id_ = "e" + text(static_cast<int>(lanes));
    createLanes(id_, lanes, false, 15, now);
    const auto before = field(names_.meta(), "seq");
    const auto first = before.empty() ? 0 : std::stoll(before);
    change({"1n1", "1n2"}, now);
    begin(now + 20);
    EXPECT_THAT(move({"1n1", text(first + 1), "1n2", text(first + 2)}, now + 30), ElementsAre(2, 2, 0)) << id_;
    EXPECT_THAT(move({"1n2", text(first + 2)}, now + 30), ElementsAre(0, 0, 0)) << "there is no room";
    Words items;
    for (int i = 0; i < 2; ++i) {
      const auto claims = claim(now + 31, {id_}, 1, 1).claims;
      ASSERT_EQ(claims.size(), 1U) << id_;
      EXPECT_EQ(claims[0].message.flags & kReplay, kReplay);
      items.push_back(claims[0].message.item);
      settleOne({.action = "c", .claim = claims[0]}, now + 31);
    }
    EXPECT_THAT(items, ElementsAre("1n1", "1n2"));
    replaceEndpoint(id_, 4, true, now + 40);  // it takes nothing of what follows
    now += 1'000;
  }
}

TEST_F(ReplayScripts, AnEndpointThatIsGoneOrCalledEndsIt) {
  createEndpoint("a");
  change({"1n1"}, kNow);
  begin(kNow + 20);
  createLanes("s", Lanes::Sync);
  const auto before = snapshot();
  for (const auto* id : {"s", "gone"}) {
    id_ = id;
    EXPECT_THAT(move({"1n1", "1"}, kNow + 30), ElementsAre(-1, 0, 0)) << id;
  }
  EXPECT_EQ(snapshot(), before);
}

TEST_F(ReplayScripts, AnEndpointThatHasTurnedIsToldAsItIsNow) {
  createEndpoint("a");
  change({"1n1"}, kNow);
  begin(kNow + 20);
  turn("a", Lanes::Each, kNow + 25);
  EXPECT_THAT(move({"1n1", "1"}, kNow + 30), ElementsAre(1, 1, 0));
  EXPECT_EQ(claimOne("a", kNow + 30).message.item, "1n1");
}

TEST_F(ReplayScripts, NothingIsMovedForAJobThatHasEndedOrIsSomebodyElses) {
  createEndpoint("a");
  change({"1n1"}, kNow);
  begin(kNow + 20);
  const auto before = snapshot();
  token_ = "you";
  EXPECT_THAT(move({"1n1", "1"}, kNow + 30), ElementsAre(-2, 0, 0));
  EXPECT_EQ(snapshot(), before);
  token_ = "me";
  run("job_cancel", {names_.meta(), names_.jobs()}, {number_, text(kNow + 30)});
  EXPECT_THAT(move({"1n1", "1"}, kNow + 30), ElementsAre(-2, 0, 0));
  EXPECT_FALSE(message("a", "1n1"));
}

TEST_F(ReplayScripts, ItsMarkIsBehindAllThatFiredAndBeforeAllThatFires) {
  createEndpoint("a");
  change({"1n1"}, kNow + 500);
  begin(kNow);  // this replica's clock lags
  EXPECT_GT(mark_, kNow + 500);
  change({"1n2"}, mark_);
  EXPECT_THAT(move({"1n1", "1", "1n2", "2"}, mark_), ElementsAre(2, 1, 1)) << "the second one fired later";
}

TEST_F(ReplayScripts, AFullRedisRefusesThem) {
  createEndpoint("a");
  change({"1n1"}, kNow);
  begin(kNow + 20);
  fillUp();
  expectRefused(moveCall({"1n1", "1"}, kNow + 30), "OOM");
  expectRefused(markCall(kNow + 30), "OOM");
}

TEST_F(ReplayScripts, WrongInputIsRefused) {
  createEndpoint("a");
  change({"1n1"}, kNow);
  begin(kNow + 20);
  expectTypesChecked(markCall(kNow));
  expectTypesChecked(moveCall({"1n1", "1"}, kNow + 30));
  expectRefused({"replay_mark", {names_.meta()}, {"x"}}, "LULLARG");
  expectRefused(moveCall({"1n1"}, kNow + 30), "LULLARG");
  for (const std::size_t place : {1U, 2U, 3U, 5U, 6U}) {
    auto call = moveCall({"1n1", "1"}, kNow + 30);
    call.arguments.at(place) = "x";
    expectRefused(call, "LULLARG");
  }
  redis({"HSET", names_.messages("a"), "1n1", "rubbish"});
  expectDamaged(moveCall({"1n1", "1"}, kNow + 30), {"message", "a", "1n1"});
  redis({"HDEL", names_.messages("a"), "1n1"});
  redis({"HSET", names_.state("a"), "gate", "x"});
  expectDamaged(moveCall({"1n1", "1"}, kNow + 30), {"state", "a"});
  redis({"HDEL", names_.state("a"), "gate"});
}

}  // namespace
}  // namespace lull::redis
