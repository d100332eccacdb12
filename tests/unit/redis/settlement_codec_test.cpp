#include "../../../service/redis/settlement_codec.hpp"

#include "../../../service/redis/packing.hpp"

#include <lull/text/utf8.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lull::redis {
namespace {

using ports::BreakerSign;
using ports::SettleAction;

constexpr std::size_t kActionAt = 0;
constexpr std::size_t kFlagsAt = 22;  // action, place, token, due, step, reason

TEST(SettlementFacts, StandWhereTheScriptLooksForThem) {
  ports::Settlement settlement;
  settlement.action = SettleAction::SetAside;
  settlement.token = 0x0102030405060708;
  settlement.due = instantOf(0x090a0b0c0d);
  settlement.step = 0x0e0f;
  settlement.reason = DeathReason::Poisoned;
  settlement.uncounted = true;
  settlement.attempt.emplace().code = 200;
  settlement.attempt->failure = FailureClass::Tls;
  const auto packed = settlementFacts(settlement, 0x1011);
  ByteReader facts(packed);
  EXPECT_EQ(facts.take(1), "s");
  EXPECT_EQ(facts.u16(), 0x1011U);
  EXPECT_EQ(facts.u64(), 0x0102030405060708U);
  EXPECT_EQ(facts.i64(), 0x090a0b0c0d);
  EXPECT_EQ(facts.u16(), 0x0e0fU);
  EXPECT_EQ(facts.u8(), 3U);
  EXPECT_EQ(facts.u8(), 16U);
  EXPECT_EQ(facts.u16(), 200U);
  EXPECT_EQ(facts.u8(), 3U);
  EXPECT_TRUE(facts.done());
}

TEST(SettlementFacts, NameEachActionByItsOwnLetter) {
  const std::vector<std::pair<SettleAction, char>> rows{{SettleAction::Complete, 'c'}, {SettleAction::Reschedule, 'r'},
                                                        {SettleAction::SetAside, 's'}, {SettleAction::Park, 'p'},
                                                        {SettleAction::Bury, 'b'},     {SettleAction::Release, 'x'},
                                                        {SettleAction::Hold, 'h'}};
  for (const auto& [action, letter] : rows) {
    ports::Settlement settlement;
    settlement.action = action;
    EXPECT_EQ(settlementFacts(settlement, 1).at(kActionAt), letter);
  }
}

TEST(SettlementFacts, HaveABitForEachFlag) {
  const auto flags = [](auto change) {
    ports::Settlement settlement;
    change(settlement);
    return static_cast<int>(settlementFacts(settlement, 1).at(kFlagsAt));
  };
  EXPECT_EQ(flags([](auto&) {}), 0);
  EXPECT_EQ(flags([](auto& one) { one.sign = BreakerSign::Failed; }), 1);
  EXPECT_EQ(flags([](auto& one) { one.probe = true; }), 2);
  EXPECT_EQ(flags([](auto& one) { one.sign = BreakerSign::Lives; }), 4);
  EXPECT_EQ(flags([](auto& one) { one.pause = PauseOrder{PausedReason::Gone, "", true}; }), 8);
  EXPECT_EQ(flags([](auto& one) { one.uncounted = true; }), 16);
  EXPECT_EQ(flags([](auto& one) { one.ageless = true; }), 32);
}

TEST(SettlementExtra, IsThePauseOfAHoldAndTheBeginOfAnAgelessPark) {
  ports::Settlement settlement;
  settlement.action = SettleAction::Park;
  settlement.began = instantOf(1'234);
  EXPECT_EQ(settlementExtra(settlement), "");
  settlement.ageless = true;
  EXPECT_EQ(settlementExtra(settlement), "1234");
  settlement = {};
  settlement.action = SettleAction::Hold;
  settlement.pause = PauseOrder{PausedReason::Gone, "Bye.", true};
  EXPECT_EQ(settlementExtra(settlement), "gone|Bye.");
}

TEST(BoundedAttempt, CutsBetweenTwoCharacters) {
  AttemptRecord attempt;
  attempt.sentence = "x";
  for (int i = 0; i < 400; ++i) attempt.sentence += "ü";
  attempt.responseExcerpt = attempt.sentence;
  const auto kept = boundedAttempt(attempt);
  EXPECT_EQ(kept.sentence.size(), 511U);
  EXPECT_TRUE(text::isUtf8(kept.sentence));
  EXPECT_EQ(kept.responseExcerpt, kept.sentence);
  attempt.sentence = "short";
  EXPECT_EQ(boundedAttempt(attempt).sentence, "short");
}

}  // namespace
}  // namespace lull::redis
