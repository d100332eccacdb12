#include "../../../service/redis/message_codec.hpp"
#include "../../../service/redis/packing.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lull::redis {
namespace {

AttemptRecord sample() {
  AttemptRecord attempt;
  attempt.at = instantOf(1'000);
  attempt.messageId = "msg_1";
  attempt.key = {1, ItemId(7)};
  attempt.attempt = 2;
  attempt.outcome = Outcome::Retryable;
  attempt.code = 200;
  attempt.duration = Millis{12};
  attempt.sentence = "Locked.";
  attempt.responseExcerpt = "{}";
  return attempt;
}

TEST(PackedAttempt, KeepsTheReceiversResult) {
  using enum ReceiverResult;
  for (const auto result : {std::optional<ReceiverResult>(), std::optional(Ok), std::optional(Error),
                            std::optional(ErrorAndSkip), std::optional(SkipNow)}) {
    auto attempt = sample();
    attempt.result = result;
    const auto read = readAttempt(packAttempt(attempt));
    EXPECT_EQ(read.result, result);
    EXPECT_EQ(read.sentence, "Locked.");
    EXPECT_EQ(read.responseExcerpt, "{}");
  }
}

TEST(PackedAttempt, KeepsEveryReasonOfAPause) {
  for (int reason = 0; reason <= static_cast<int>(PausedReason::Blocked); ++reason) {
    auto attempt = sample();
    attempt.outcome = Outcome::Held;
    attempt.heldFor = static_cast<PausedReason>(reason);
    EXPECT_EQ(readAttempt(packAttempt(attempt)).heldFor, attempt.heldFor);
  }
}

TEST(PackedAttempt, KeepsEveryClassOfAFailure) {
  for (std::size_t failure = 0; failure < kFailureClasses; ++failure) {
    auto attempt = sample();
    attempt.failure = static_cast<FailureClass>(failure);
    EXPECT_EQ(readAttempt(packAttempt(attempt)).failure, attempt.failure);
  }
  auto attempt = sample();
  attempt.failure = static_cast<FailureClass>(kFailureClasses);
  EXPECT_THROW(readAttempt(packAttempt(attempt)), UnreadableValue);
}

TEST(PackedAttempt, OfAnotherVersionOrWithAResultThatIsNoneIsUnreadable) {
  auto attempt = sample();
  attempt.result = ReceiverResult::Error;
  auto packed = packAttempt(attempt);
  packed.replace(packed.size() - 5, 5, "Fault");
  EXPECT_THROW(readAttempt(packed), UnreadableValue);
  packed = packAttempt(attempt);
  packed[0] = 2;
  EXPECT_THROW(readAttempt(packed), UnreadableValue);
}

}  // namespace
}  // namespace lull::redis
