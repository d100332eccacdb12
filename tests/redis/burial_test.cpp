#include "redis/two_endpoints.hpp"

namespace lull::redis {
namespace {

/// The dead letters of messages that were buried without another attempt.
class Burial : public TwoEndpoints {
 protected:
  Claim claimOne() {
    auto batch = queue_.claim(clock_.now(), {{ids_[0], 1, 1, Millis{25'000}}}, 1);
    return batch->claims.at(0);
  }
  ports::Settlement settlementOf(const Claim& claim, ports::SettleAction action) {
    ports::Settlement settlement;
    settlement.action = action;
    settlement.endpoint = claim.endpoint;
    settlement.key = claim.key;
    settlement.token = claim.token;
    return settlement;
  }
  /// Lets the message fail once, with `status` or without an answer, and makes it due before all others.
  void failOnce(std::optional<int> status, const std::string& error) {
    const auto claim = claimOne();
    auto settlement = settlementOf(claim, ports::SettleAction::Reschedule);
    settlement.due = Instant{};
    settlement.attempt = AttemptRecord{clock_.now(),       "msg_1", claim.message.key, 1,     Outcome::Retryable,
                                       PausedReason::None, status,  Millis{5},         error, ""};
    ASSERT_TRUE(queue_.settle(clock_.now(), {settlement}, {}));
  }
  DeadLetter bury(DeathReason reason) {
    auto settlement = settlementOf(claimOne(), ports::SettleAction::Bury);
    settlement.reason = reason;
    EXPECT_TRUE(queue_.settle(clock_.now(), {settlement}, {}));
    return letters_.list({}, {})->items.at(0);
  }
};

TEST_F(Burial, AnExpiredLetterNamesTheStatusOfTheLastAttempt) {
  failOnce(500, "The receiver answered 500.");
  const auto letter = bury(DeathReason::Expired);
  EXPECT_EQ(letter.lastCode, 500);
  EXPECT_EQ(letter.lastError, "The receiver answered 500.");
  DeadLetterFilter byStatus;
  byStatus.code = 500;
  EXPECT_EQ(letters_.list(byStatus, {})->total, 1U);
}

TEST_F(Burial, AnExpiredLetterNamesTheErrorOfTheLastAttempt) {
  failOnce(503, "The receiver answered 503.");
  failOnce(std::nullopt, "Could not connect.");
  const auto letter = bury(DeathReason::Expired);
  EXPECT_EQ(letter.lastCode, std::nullopt);
  EXPECT_EQ(letter.lastError, "Could not connect.");
}

TEST_F(Burial, ALetterThatWasNeverAttemptedOrThatEndedItsProcessSaysSo) {
  EXPECT_EQ(bury(DeathReason::Expired).lastError, "It was not attempted before Delivery:MaxAge had passed.");
  failOnce(500, "The receiver answered 500.");
  clock_.advance(Millis{1});
  const auto poisoned = bury(DeathReason::Poisoned);
  EXPECT_EQ(poisoned.lastCode, std::nullopt);
  EXPECT_EQ(poisoned.lastError, "The process that sent it ended, three times in a row.");
}

}  // namespace
}  // namespace lull::redis
