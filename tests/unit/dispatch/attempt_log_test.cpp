#include "../../../service/dispatch/attempt_log.hpp"

#include <lull/runtime/log.hpp>

#include <gtest/gtest.h>

#include <string>

namespace lull::dispatch {
namespace {

/// The line that an attempt leaves.
std::string lineOf(const AttemptEnd& end) {
  Claim claim;
  claim.endpoint = "ep_a";
  claim.message.key = {1, ItemId(7)};
  const RetrySettings settings{{std::chrono::seconds(5)}, 0.0};
  ::testing::internal::CaptureStdout();
  logAttempt(claim, Endpoint{}, end, settlementOf(claim, end, settings));
  runtime::flushLogs();
  return ::testing::internal::GetCapturedStdout();
}

/// The line of one whose receiver answered so.
std::string lineOf(const std::optional<ReceiverAnswer>& answer) {
  AttemptEnd end;
  end.result.code = 200;
  end.result.answer = answer;
  end.result.outcome = answer && answer->result != ReceiverResult::Ok ? Outcome::Retryable : Outcome::Delivered;
  end.now = instantOf(1'000);
  return lineOf(end);
}

void expectLine(const std::string& line, const std::string& level, const std::string& result, const std::string& next) {
  EXPECT_NE(line.find(R"("level":")" + level + '"'), std::string::npos) << line;
  EXPECT_NE(line.find(R"("result":")" + result + '"'), std::string::npos) << line;
  EXPECT_NE(line.find(R"("next":")" + next + '"'), std::string::npos) << line;
}

TEST(AttemptLog, NamesTheReceiversResultAndWarnsOfErrorsOnly) {
  using enum ReceiverResult;
  expectLine(lineOf(ReceiverAnswer{Ok}), "Information", "OK", "done");
  expectLine(lineOf(ReceiverAnswer{Error}), "Warning", "Error", "1970-01-01T00:00:06.000Z");
  expectLine(lineOf(ReceiverAnswer{ErrorAndSkip}), "Warning", "ErrorAndSkip",
             "set aside until 1970-01-01T00:00:06.000Z");
  expectLine(lineOf(ReceiverAnswer{SkipNow}), "Information", "SkipNow", "set aside until 1970-01-01T00:00:06.000Z");
}

TEST(AttemptLog, HasNoResultWhereTheStatusAloneCounts) {
  const auto line = lineOf(std::nullopt);
  EXPECT_NE(line.find(R"("outcome":"delivered")"), std::string::npos) << line;
  EXPECT_EQ(line.find(R"("result")"), std::string::npos) << line;
}

// The link to the broker says that it is away, once; each endpoint that waits for it need not say so again and again.
TEST(AttemptLog, IsQuietOfEndpointsThatWaitForABroker) {
  AttemptEnd end;
  end.result.outcome = Outcome::Released;
  end.result.sentence = "The broker fs is away.";
  end.result.retryAfter = Millis{5'000};
  end.result.parks = true;
  EXPECT_EQ(lineOf(end), "");
  end.result.outcome = Outcome::Retryable;
  EXPECT_NE(lineOf(end).find(R"("level":"Warning")"), std::string::npos) << "a receiver that asks for a pause";
}

}  // namespace
}  // namespace lull::dispatch
