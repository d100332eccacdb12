#include "../../../service/redis/attempt_codec.hpp"

#include "../../../service/redis/packing.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lull::redis {
namespace {

const EndpointId kEndpoint = "ep_00000000000000000001";

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
  attempt.sequence = 1020;
  return attempt;
}

TEST(PackedAttempt, KeepsTheReceiversResult) {
  using enum ReceiverResult;
  for (const auto result : {std::optional<ReceiverResult>(), std::optional(Ok), std::optional(Error),
                            std::optional(ErrorAndSkip), std::optional(SkipNow)}) {
    auto attempt = sample();
    attempt.result = result;
    const auto read = readAttempt(packAttempt(attempt, kEndpoint), kEndpoint);
    EXPECT_EQ(read.result, result);
    EXPECT_EQ(read.sentence, "Locked.");
    EXPECT_EQ(read.responseExcerpt, "{}");
    EXPECT_EQ(read.sequence, 1020U);
  }
}

TEST(PackedAttempt, KeepsEveryReasonOfAPause) {
  for (int reason = 0; reason <= static_cast<int>(PausedReason::Blocked); ++reason) {
    auto attempt = sample();
    attempt.outcome = Outcome::Held;
    attempt.heldFor = static_cast<PausedReason>(reason);
    EXPECT_EQ(readAttempt(packAttempt(attempt, kEndpoint), kEndpoint).heldFor, attempt.heldFor);
  }
}

TEST(PackedAttempt, KeepsEveryClassOfAFailure) {
  for (std::size_t failure = 0; failure < kFailureClasses; ++failure) {
    auto attempt = sample();
    attempt.failure = static_cast<FailureClass>(failure);
    EXPECT_EQ(readAttempt(packAttempt(attempt, kEndpoint), kEndpoint).failure, attempt.failure);
  }
  auto attempt = sample();
  attempt.failure = static_cast<FailureClass>(kFailureClasses);
  EXPECT_THROW(readAttempt(packAttempt(attempt, kEndpoint), kEndpoint), UnreadableValue);
}

// The id is most of what an attempt would take, so what is known of it already is not kept again.
TEST(PackedAttempt, KeepsOfAnIdOnlyWhatIsNotKnownAlready) {
  auto attempt = sample();
  attempt.messageId = {};
  const auto bare = packAttempt(attempt, kEndpoint).size();
  attempt.messageId = webhookId("k3v9", kEndpoint, attempt.sequence);
  EXPECT_EQ(packAttempt(attempt, kEndpoint).size(), bare + 2);
  EXPECT_EQ(readAttempt(packAttempt(attempt, kEndpoint), kEndpoint).messageId, attempt.messageId);
  attempt.messageId = webhookId("k3v9", kEndpoint, attempt.sequence - 1);
  EXPECT_EQ(packAttempt(attempt, kEndpoint).size(), bare + 10) << "of a generation that took in later events";
  EXPECT_EQ(readAttempt(packAttempt(attempt, kEndpoint), kEndpoint).messageId, attempt.messageId);
}

TEST(PackedAttempt, KeepsAnIdOfAnotherFormWhole) {
  const auto ofAnother = webhookId("k3v9", "ep_00000000000000000002", 1020);
  for (const auto& id :
       {std::string("msg_1"), std::string(), ofAnother, webhookId("k3v9", kEndpoint, 1020) + "s",
        webhookId("", kEndpoint, 1020), std::string("msg_k3v9_00000000000000000001_01020"),
        std::string("msg_k3v9_00000000000000000001_99999999999999999999"), webhookId("a_b", kEndpoint, 1),
        webhookId(std::string(300, 'e'), kEndpoint, 1), std::string("_"), std::string("msg_")}) {
    auto attempt = sample();
    attempt.messageId = id;
    EXPECT_EQ(readAttempt(packAttempt(attempt, kEndpoint), kEndpoint).messageId, id);
  }
}

TEST(PackedAttempt, OfAnotherVersionOrWithAResultThatIsNoneIsUnreadable) {
  auto attempt = sample();
  attempt.result = ReceiverResult::Error;
  auto packed = packAttempt(attempt, kEndpoint);
  packed.replace(packed.find("Error"), 5, "Fault");
  EXPECT_THROW(readAttempt(packed, kEndpoint), UnreadableValue);
  packed = packAttempt(attempt, kEndpoint);
  packed[0] = 2;
  EXPECT_THROW(readAttempt(packed, kEndpoint), UnreadableValue);
}

}  // namespace
}  // namespace lull::redis
