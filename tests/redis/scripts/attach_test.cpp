#include "harness.hpp"

#include <lull/redis/shard.hpp>

namespace lull::redis {
namespace {

constexpr auto kStart = "1763900000000000";  // µs since the epoch, of kNow

const std::string kMine = std::to_string(Shard::kSchema);

class AttachScript : public ScriptHarness {
 protected:
  AttachScript() { redis({"FLUSHALL"}); }
  Call call(const std::string& schema, const std::string& run, const std::string& epoch,
            const std::string& start = kStart) const {
    return {"attach", {names_.meta(), names_.counters(), names_.aside()}, {schema, run, epoch, start}};
  }
  std::string meta(const std::string& name) { return field(names_.meta(), name); }
};

TEST_F(AttachScript, TheFirstConnectionDrawsTheEpochAndBeginsTheNumbersAtTheTime) {
  const auto reply = run(call(kMine, "run-a", "epocha"));
  EXPECT_EQ(reply.items.at(0).text, "epocha");
  EXPECT_EQ(reply.items.at(1).integer, 2);
  EXPECT_EQ(meta("schema"), std::to_string(Shard::kSchema));
  EXPECT_EQ(meta("born"), kStart);
  for (const auto* name : {"seq", "rev", "token", "letter"}) EXPECT_EQ(meta(name), kStart) << name;
  EXPECT_EQ(admit({{.key = "1n7"}}, kNow).at(1), 1'763'900'000'000'001);
}

TEST_F(AttachScript, WithoutATimeItAsksTheServer) {
  const auto before = redis({"TIME"});
  run(call(kMine, "run-a", "epocha", ""));
  EXPECT_GE(std::stoll(meta("seq")),
            std::stoll(before.items.at(0).text) * 1'000'000 + std::stoll(before.items.at(1).text));
  EXPECT_LT(std::stoll(meta("seq")), 1LL << 53);
}

TEST_F(AttachScript, LaterConnectionsGetTheFirstEpochAndWriteNothing) {
  run(call(kMine, "run-a", "epocha"));
  const auto before = snapshot();
  const auto reply = run(call(kMine, "run-a", "epochb"));
  EXPECT_EQ(reply.items.at(0).text, "epocha");
  EXPECT_EQ(reply.items.at(1).integer, 0);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(AttachScript, AnotherRunIdLetsTheSequenceJumpExactlyOnce) {
  run(call(kMine, "run-a", "epocha", "0"));
  admit({{.key = "1n7"}}, kNow);
  const auto first = run(call(kMine, "run-b", "epochb"));
  EXPECT_EQ(first.items.at(0).text, "epocha");
  EXPECT_EQ(first.items.at(1).integer, 1);
  EXPECT_EQ(run(call(kMine, "run-b", "epochc")).items.at(1).integer, 0);
  EXPECT_EQ(admit({{.key = "1n7"}}, kNow).at(1), 10'000'002);
}

TEST_F(AttachScript, AnotherRunIdLeavesNoNumberThatAProcessMayRememberToBeGivenAgain) {
  run(call(kMine, "run-a", "epocha"));
  for (const auto* name : {"rev", "token", "letter"}) redis({"HSET", names_.meta(), name, "5"});
  run(call(kMine, "run-b", "epochb"));
  for (const auto* name : {"rev", "token", "letter"}) EXPECT_EQ(meta(name), "10000005") << name;
}

TEST_F(AttachScript, ARestartThatFindsTheSameDataLaterJumpsFartherWhicheverWayTheClockWasSet) {
  constexpr std::int64_t kRecorded = 1'763'900'000'000'000;  // µs, of kNow
  constexpr std::int64_t kDay = 86'400'000'000;
  for (const std::int64_t set : {std::int64_t{0}, -20 * 365 * kDay, 300 * 365 * kDay, -kDay / 2}) {
    SCOPED_TRACE(set);
    std::int64_t before = 10'000'004;
    for (const std::int64_t passed : {1, 2, 2'000'000, 10'000'000}) {
      redis({"FLUSHALL"});
      run(call(kMine, "run-a", "epocha", "0"));
      redis({"HSET", names_.meta(), "clockRaw", text(kNow)});
      for (const auto* name : {"seq", "rev", "token", "letter"}) redis({"HSET", names_.meta(), name, "5"});
      run(call(kMine, "run-b", "epochb", text(kRecorded + set + passed)));
      const auto jumped = std::stoll(meta("seq"));
      EXPECT_GT(jumped, before);
      EXPECT_LT(jumped, 10'000'005 + kDay);
      for (const auto* name : {"rev", "token", "letter"}) EXPECT_EQ(meta(name), meta("seq")) << name;
      before = jumped;
    }
  }
}

TEST_F(AttachScript, ARecordOfTheClockThatIsNoneAddsNothingToTheJump) {
  run(call(kMine, "run-a", "epocha", "0"));
  redis({"HSET", names_.meta(), "clockRaw", "abc", "seq", "5"});
  run(call(kMine, "run-b", "epochb"));
  EXPECT_EQ(meta("seq"), "10000005");
}

TEST_F(AttachScript, NumbersBeginWhereTheyCanStillBeCountedHoweverWrongTheClockIs) {
  run(call(kMine, "run-a", "epocha", "99999999999999999"));
  EXPECT_EQ(meta("seq"), "4503599627370496");
  EXPECT_EQ(admit({{.key = "1n7"}}, kNow).at(1), 4'503'599'627'370'497);
}

TEST_F(AttachScript, AnEmptiedStoreBeginsBeyondAllThatWasIssuedAndKeepsTheEpochOfWhoFoundIt) {
  run(call(kMine, "run-a", "epocha"));
  const auto last = admit({{.key = "1n7"}}, kNow).at(1);
  redis({"FLUSHALL"});
  expectRefused(admitCall({{.key = "1n7"}}, kNow), "LULLEMPTY");
  const auto reply = run(call(kMine, "run-a", "epocha", "1763900001000000"));
  EXPECT_EQ(reply.items.at(0).text, "epocha");
  EXPECT_EQ(reply.items.at(1).integer, 2);
  EXPECT_GT(admit({{.key = "1n7"}}, kNow).at(1), last);
}

TEST_F(AttachScript, AMetaHashThatLostOnlyItsSchemaNeverGoesBack) {
  run(call(kMine, "run-a", "epocha"));
  redis({"HDEL", names_.meta(), "schema"});
  redis({"HSET", names_.meta(), "seq", "1863900000000000"});
  run(call(kMine, "run-a", "epochb", kStart));
  EXPECT_EQ(meta("seq"), "1863900010000000");
  EXPECT_EQ(meta("rev"), "1763900010000000");
  EXPECT_EQ(meta("epoch"), "epocha");
}

TEST_F(AttachScript, WhoTakesEveryEventMissesNoneAfterTheMetaHashWasLost) {
  run(call(kMine, "run-a", "epocha"));
  createLanes("a", Lanes::Item);
  redis({"DEL", names_.meta()});
  run(call(kMine, "run-a", "epocha", "1763900001000000"));
  tell({"1n7"}, kNow);
  EXPECT_EQ(claimOne("a", kNow).message.item, "1n7");
  EXPECT_EQ(meta("every"), "15") << "the fan-out has set it right";
}

TEST_F(AttachScript, WithoutAnyoneWhoTakesEveryEventTheStreamIsFilledOnceAtMost) {
  run(call(kMine, "run-a", "epocha"));
  tell({"1n7"}, kNow);
  admit({{.key = "1n8"}}, kNow);
  EXPECT_EQ(redis({"LLEN", names_.stream()}).integer, 0);
}

TEST_F(AttachScript, ANumberThatCannotBeReadIsSetAsideAndBegunAnewAndNoScriptWorksWithItBefore) {
  for (const auto* name : {"seq", "rev", "token", "letter", "lastFire", "schema"}) {
    for (const std::string bad : {"abc", "", "-inf", "1e5", "99999999999999999999", "0x10"}) {
      SCOPED_TRACE(std::string(name) + " = " + bad);
      redis({"FLUSHALL"});
      run(call(kMine, "run-a", "epocha"));
      redis({"HSET", names_.meta(), name, bad});
      expectRefused(admitCall({{.key = "1n7"}}, kNow), std::string("LULLMETA ") + name);
      const auto reply = run(call(kMine, "run-a", "epocha", "1763900001000000"));
      ASSERT_EQ(reply.items.size(), 3U);
      EXPECT_EQ(reply.items[2].text, name);
      EXPECT_EQ(field(names_.aside(), std::string("meta|") + name), bad);
      EXPECT_EQ(counter("unreadable"), 1);
      EXPECT_GT(admit({{.key = "1n7"}}, kNow).at(1), 1'763'900'000'000'000);
    }
  }
}

TEST_F(AttachScript, AnEpochThatIsNoneIsDrawnAnew) {
  run(call(kMine, "run-a", "epocha"));
  redis({"HSET", names_.meta(), "epoch", "\r\n\xff"});
  EXPECT_EQ(run(call(kMine, "run-a", "epochb")).items.at(0).text, "epochb");
}

TEST_F(AttachScript, ANewerSchemaIsRefusedAndAnOlderOneIsKept) {
  const auto mine = std::to_string(Shard::kSchema);
  const auto newer = std::to_string(Shard::kSchema + 1);
  run(call(mine, "run-a", "epocha"));
  run(call(newer, "run-b", "epochb"));
  EXPECT_EQ(meta("schema"), mine) << "a newer version runs beside an older one";
  redis({"HSET", names_.meta(), "schema", newer});
  expectRefused(call(mine, "run-a", "epocha"), "LULLSCHEMA " + newer);
}

TEST_F(AttachScript, WrongInputIsRefused) {
  run(call(kMine, "run-a", "epocha"));
  expectTypesChecked(call(kMine, "run-b", "epocha"));
  auto short_ = call(kMine, "run-b", "epocha");
  short_.arguments.pop_back();
  expectRefused(short_, "LULLARG");
  expectRefused(call(kMine, "run-b", "epocha", "now"), "LULLARG");
  expectRefused(call("one", "run-b", "epocha"), "LULLARG");
}

TEST_F(AttachScript, WorksWhenRedisIsFull) {
  run(call(kMine, "run-a", "epocha"));
  fillUp();
  EXPECT_EQ(run(call(kMine, "run-b", "epochb")).items.at(1).integer, 1);
  EXPECT_EQ(meta("seq"), "1763900010000000");
}

}  // namespace
}  // namespace lull::redis
