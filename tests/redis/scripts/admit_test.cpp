#include "harness.hpp"
#include "packing.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;

/// A debounce window as lib/window.lua packs it.
struct StoredWindow {
  std::int64_t first = 0, last = 0, occurred = 0;
  std::uint64_t firstSeq = 0, upto = 0, events = 0, winSeq = 0;
  std::string facts, trace, data;
};

class AdmitScript : public ScriptHarness {
 protected:
  AdmitScript() { settings_.interval = 5'000; }

  StoredWindow window(const std::string& key) {
    const auto packed = field(names_.windows(), key);
    ByteReader reader(packed);
    EXPECT_EQ(reader.u8(), 3);
    StoredWindow w;
    w.first = reader.i64();
    w.last = reader.i64();
    w.firstSeq = reader.u64();
    w.upto = reader.u64();
    w.events = reader.u32();
    w.occurred = reader.i64();
    w.winSeq = reader.u64();
    w.facts = reader.text16();
    w.trace = reader.text16();
    w.data = readPayload(reader.text32()).data;
    return w;
  }
  std::int64_t due(const std::string& key) { return score(names_.windowIndex(), key).value_or(-1); }
  std::int64_t admitOne(Admitted event, std::int64_t now) { return admit({std::move(event)}, now).at(1); }
};

TEST_F(AdmitScript, AWindowKeepsTheSequenceOfItsFirstEvent) {
  admit({{.key = "1n7"}, {.key = "1n8"}, {.key = "1n7"}}, kNow);
  admit({{.key = "1n8"}}, kNow + 1);
  for (const auto& [key, first, upto] : {std::tuple("1n7", 1U, 3U), std::tuple("1n8", 2U, 4U)}) {
    EXPECT_EQ(window(key).firstSeq, first) << key;
    EXPECT_EQ(window(key).upto, upto) << key;
  }
}

TEST_F(AdmitScript, TheFirstEventOpensAWindowThatIsDueAnIntervalLater) {
  EXPECT_THAT(admit({{.key = "1n7", .data = "a", .trace = "t"}}, kNow), ElementsAre(kNow + 5'000, 1));
  const auto w = window("1n7");
  EXPECT_EQ(due("1n7"), kNow + 5'000);
  EXPECT_EQ(w.first, kNow);
  EXPECT_EQ(w.occurred, kNow);
  EXPECT_EQ(w.upto, 1U);
  EXPECT_EQ(w.events, 1U);
  EXPECT_EQ(w.data, "a");
  EXPECT_EQ(w.trace, "t");
  EXPECT_EQ(counter("accepted"), 1);
  EXPECT_EQ(counter("coalesced"), 0);
}

TEST_F(AdmitScript, ALaterEventMovesTheTrailingEdgeAndIsCounted) {
  admitOne({.key = "1n7"}, kNow);
  EXPECT_EQ(admitOne({.key = "1n7"}, kNow + 4'000), 2);
  EXPECT_EQ(due("1n7"), kNow + 9'000);
  EXPECT_EQ(window("1n7").first, kNow);
  EXPECT_EQ(window("1n7").events, 2U);
  EXPECT_EQ(window("1n7").upto, 2U);
  EXPECT_EQ(counter("coalesced"), 1);
}

TEST_F(AdmitScript, TheEdgeNeverMovesBeyondMaxWaitAfterTheFirstEvent) {
  settings_.maxWait = 12'000;
  for (const int at : {0, 4'000, 8'000}) admitOne({.key = "1n7"}, kNow + at);
  EXPECT_EQ(due("1n7"), kNow + 12'000);
  admitOne({.key = "1n7"}, kNow + 11'999);
  EXPECT_EQ(due("1n7"), kNow + 12'000);
}

TEST_F(AdmitScript, AnOverdueWindowAbsorbsEventsWithoutMovingItsDueTime) {
  admitOne({.key = "1n7"}, kNow);
  EXPECT_THAT(admit({{.key = "1n7", .data = "late"}}, kNow + 5'000), ElementsAre(kNow + 5'000, 2));
  admitOne({.key = "1n7", .data = "later"}, kNow + 9'000);
  EXPECT_EQ(due("1n7"), kNow + 5'000);
  EXPECT_EQ(window("1n7").events, 3U);
  EXPECT_EQ(window("1n7").data, "later");
}

TEST_F(AdmitScript, ChangeTypesAndTypesOfIdsHaveWindowsOfTheirOwn) {
  EXPECT_THAT(admit({{.key = "1n3"}, {.key = "2n3"}, {.key = "1s3"}}, kNow), ElementsAre(kNow + 5'000, 1, 2, 3));
  EXPECT_EQ(redis({"ZCARD", names_.windowIndex()}).integer, 3);
}

TEST_F(AdmitScript, TheNewestByOccurredAtGivesThePayloadAndTiesGoToTheHigherSequence) {
  admitOne({.key = "1n7", .data = "newest", .occurred = kNow - 10}, kNow);
  admitOne({.key = "1n7", .data = "older", .occurred = kNow - 20}, kNow + 1);
  EXPECT_EQ(window("1n7").data, "newest");
  EXPECT_EQ(window("1n7").winSeq, 1U);
  EXPECT_EQ(window("1n7").upto, 2U);
  admitOne({.key = "1n7", .data = "tie", .occurred = kNow - 10}, kNow + 2);
  EXPECT_EQ(window("1n7").data, "tie");
  EXPECT_EQ(window("1n7").winSeq, 3U);
}

TEST_F(AdmitScript, ATimeInTheFutureCountsAsNowAndOneBeforeTheEpochIsKept) {
  admitOne({.key = "1n7", .data = "future", .occurred = kNow + 3'600'000}, kNow);
  EXPECT_EQ(window("1n7").occurred, kNow);
  admitOne({.key = "1n7", .data = "after"}, kNow + 1);
  EXPECT_EQ(window("1n7").data, "after");
  admitOne({.key = "1n8", .occurred = -86'400'000}, kNow);
  EXPECT_EQ(window("1n8").occurred, -86'400'000);
}

TEST_F(AdmitScript, TheLatestTraceIsKeptWhoeverWinsThePayload) {
  admitOne({.key = "1n7", .data = "a", .trace = "one"}, kNow);
  admitOne({.key = "1n7", .data = "b", .occurred = kNow - 99, .trace = "two"}, kNow);
  admitOne({.key = "1n7"}, kNow);
  EXPECT_EQ(window("1n7").trace, "two");
}

TEST_F(AdmitScript, ARepeatGetsItsFirstSequenceBackAndTouchesNoWindow) {
  EXPECT_EQ(admitOne({.key = "1n7", .data = "a", .id = "id"}, kNow), 1);
  EXPECT_THAT(admit({{.key = "1n7", .data = "b", .id = "id"}}, kNow + 1'000), ElementsAre(-1, -1));
  EXPECT_EQ(window("1n7").events, 1U);
  EXPECT_EQ(window("1n7").data, "a");
  EXPECT_EQ(due("1n7"), kNow + 5'000);
  EXPECT_EQ(counter("accepted"), 1);
  EXPECT_EQ(field(names_.meta(), "seq"), "1");
}

TEST_F(AdmitScript, RepeatsWithinOneBatchCarryTheSequenceOfTheFirst) {
  const Admitted once{.key = "1n7", .data = "a", .id = "id"};
  EXPECT_THAT(admit({{.key = "1n1"}, once, {.key = "1n2"}, once, once, {.key = "1n3"}}, kNow),
              ElementsAre(kNow + 5'000, 1, 2, 3, -2, -2, 4));
  EXPECT_EQ(window("1n7").events, 1U);
  EXPECT_EQ(counter("accepted"), 4);
}

TEST_F(AdmitScript, AnIdIsForgottenWhenItsWindowHasPassed) {
  settings_.keepIds = 60'000;
  const Admitted event{.key = "1n7", .data = "a", .id = "id"};
  EXPECT_EQ(admitOne(event, kNow), 1);
  EXPECT_EQ(admitOne(event, kNow + 59'999), -1);
  EXPECT_EQ(admitOne(event, kNow + 60'000), 2);
  EXPECT_EQ(admitOne(event, kNow + 60'001), -2);
}

TEST_F(AdmitScript, IdsAreForgottenByTheFleetsClockOnlyAndNotKeptForEver) {
  settings_.keepIds = 60'000;
  for (int i = 0; i < 300; ++i) admitOne({.key = "1n7", .id = std::to_string(i)}, kNow);
  EXPECT_EQ(redis({"TTL", names_.eventIds()}).integer, -1) << "a jump of the server's clock forgets nothing";
  for (int i = 0; i < 3; ++i) admitOne({.key = "1n7"}, kNow + 60'000);
  EXPECT_EQ(redis({"EXISTS", names_.eventIds(), names_.eventIdOrder()}).integer, 0);
}

TEST_F(AdmitScript, SequencesStayExactUpTo2To53) {
  redis({"HSET", names_.meta(), "seq", "9007199254740989"});
  const Admitted event{.key = "1n7", .data = "a", .id = "id"};
  EXPECT_THAT(admit({event, {.key = "1n7"}}, kNow), ElementsAre(kNow + 5'000, 9007199254740990, 9007199254740991));
  EXPECT_EQ(window("1n7").upto, 9007199254740991U);
  EXPECT_EQ(admitOne(event, kNow), -9007199254740990);
}

TEST_F(AdmitScript, PayloadsAreOpaqueBytes) {
  const std::string bytes("\0\xFF\r\n$9007199254740993", 21);
  admitOne({.key = "1s\xC3\xA9", .data = bytes}, kNow);
  EXPECT_EQ(window("1s\xC3\xA9").data, bytes);
}

TEST_F(AdmitScript, AReplicaWhoseClockLagsKeepsTheDistanceToTheLastFiring) {
  createEndpoint("e");
  put("1n7", kNow + 1'000);
  admitOne({.key = "1n7"}, kNow);
  EXPECT_EQ(due("1n7"), kNow + 6'000);
}

TEST_F(AdmitScript, IntervalZeroIsDueAtOnce) {
  settings_.interval = 0;
  EXPECT_THAT(admit({{.key = "1n7"}}, kNow), ElementsAre(kNow, 1));
}

TEST_F(AdmitScript, NoEventsChangeNothing) {
  const auto before = snapshot();
  EXPECT_THAT(admit({}, kNow), ElementsAre(-1));
  EXPECT_EQ(snapshot(), before);
}

TEST_F(AdmitScript, ABatchOfAThousandGetsConsecutiveSequences) {
  std::vector<Admitted> events;
  for (const auto& key : manyKeys(500)) events.insert(events.end(), {{.key = key}, {.key = key}});
  const auto reply = admit(events, kNow);
  ASSERT_EQ(reply.size(), 1001U);
  for (std::size_t i = 1; i < reply.size(); ++i) ASSERT_EQ(reply[i], static_cast<std::int64_t>(i));
  EXPECT_EQ(redis({"HLEN", names_.windows()}).integer, 500);
  EXPECT_EQ(counter("accepted"), 1000);
  EXPECT_EQ(counter("coalesced"), 500);
}

TEST_F(AdmitScript, KeysOfAnotherTypeAreRefused) {
  admitOne({.key = "1n7"}, kNow);
  expectTypesChecked(admitCall({{.key = "1n7"}, {.key = "1n8"}}, kNow));
}

TEST_F(AdmitScript, WrongArgumentsAreRefused) {
  const auto good = admitCall({{.key = "1n7"}, {.key = "1n8", .data = "a", .id = "id"}}, kNow);
  auto bad = good;
  bad.arguments.pop_back();
  expectRefused(bad, "LULLARG");
  bad = good;
  bad.arguments.push_back("more");
  expectRefused(bad, "LULLARG");
  for (const std::size_t place : {0U, 1U, 2U, 3U, 4U}) {
    bad = good;
    bad.arguments[place] = "x";
    expectRefused(bad, "LULLARG");
  }
  bad.arguments.clear();
  expectRefused(bad, "LULLARG");
}

TEST_F(AdmitScript, AFullRedisRefusesTheWholeBatchAndStillKnowsRepeats) {
  const Admitted event{.key = "1n7", .data = "a", .id = "id"};
  admitOne(event, kNow);
  fillUp();
  expectRefused(admitCall({{.key = "1n8"}, event}, kNow + 1), "OOM");
  EXPECT_EQ(admitOne(event, kNow + 1), -1);
}

}  // namespace
}  // namespace lull::redis
