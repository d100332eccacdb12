#include <lull/net/response_policy.hpp>

#include <gtest/gtest.h>

namespace lull::net {

namespace {

const Instant kNow = instantOf(784'111'777'000);  // Sun, 06 Nov 1994 08:49:37 GMT

ResponsePolicy policy() {
  return {StatusSet::parse("2xx").value(), StatusSet::parse("400,405,413,414,415,422,501").value(), Millis{3'600'000}};
}

ports::HttpAnswer answered(int status, std::string retryAfter = "") {
  ports::HttpAnswer answer;
  answer.status = status;
  answer.retryAfter = std::move(retryAfter);
  answer.excerpt = "body";
  answer.duration = Millis{12};
  return answer;
}

TEST(ResponsePolicy, ClassifiesEveryStatus) {
  const std::vector<std::pair<int, Outcome>> rows{
      {200, Outcome::Delivered}, {204, Outcome::Delivered}, {299, Outcome::Delivered}, {301, Outcome::Retryable},
      {302, Outcome::Retryable}, {400, Outcome::Permanent}, {401, Outcome::Retryable}, {404, Outcome::Retryable},
      {410, Outcome::Held},      {422, Outcome::Permanent}, {429, Outcome::Retryable}, {500, Outcome::Retryable},
      {501, Outcome::Permanent}, {503, Outcome::Retryable}, {101, Outcome::Retryable}, {999, Outcome::Retryable}};
  for (const auto& [status, outcome] : rows) {
    const auto result = classify(answered(status), policy(), kNow);
    EXPECT_EQ(result.outcome, outcome) << status;
    EXPECT_EQ(result.code, status);
    EXPECT_EQ(result.sentence,
              outcome == Outcome::Delivered ? "" : "The receiver answered " + std::to_string(status) + ".");
    EXPECT_EQ(result.pause.has_value(), outcome == Outcome::Held);
    EXPECT_EQ(result.responseExcerpt, "body");
    EXPECT_EQ(result.duration, Millis{12});
  }
}

TEST(ResponsePolicy, AReceiverThatIsGoneAndAnAddressThatIsRefusedPauseTheEndpointAndSayWhatToDo) {
  const auto gone = classify(answered(410), policy(), kNow);
  ASSERT_TRUE(gone.pause);
  EXPECT_EQ(gone.pause->reason, PausedReason::Gone);
  EXPECT_TRUE(gone.pause->answered);
  EXPECT_EQ(outcomeWord(gone), "gone");
  EXPECT_EQ(gone.pause->notice.find("Paused: the receiver answered 410"), 0U) << gone.pause->notice;
  ports::HttpAnswer vetoed;
  vetoed.failure = ports::TransportFailure::Vetoed;
  vetoed.error = "10.0.0.1 is private.";
  const auto refused = classify(vetoed, policy(), kNow);
  ASSERT_TRUE(refused.pause);
  EXPECT_EQ(refused.pause->reason, PausedReason::Egress);
  EXPECT_FALSE(refused.pause->answered) << "no request began";
  EXPECT_EQ(outcomeWord(refused), "refused");
  EXPECT_NE(refused.pause->notice.find("Egress:AllowedNetworks"), std::string::npos);
  EXPECT_NE(refused.pause->notice.find("Last error: 10.0.0.1 is private."), std::string::npos);
}

TEST(ResponsePolicy, CanNarrowSuccess) {
  auto narrow = policy();
  narrow.success = StatusSet::parse("200").value();
  EXPECT_EQ(classify(answered(204), narrow, kNow).outcome, Outcome::Retryable);
}

TEST(ResponsePolicy, ClassifiesEveryFailure) {
  using ports::TransportFailure;
  const std::vector<std::pair<TransportFailure, Outcome>> rows{
      {TransportFailure::Connect, Outcome::Retryable},  {TransportFailure::Tls, Outcome::Retryable},
      {TransportFailure::Timeout, Outcome::Retryable},  {TransportFailure::Reset, Outcome::Retryable},
      {TransportFailure::Protocol, Outcome::Retryable}, {TransportFailure::Vetoed, Outcome::Held},
      {TransportFailure::Cancelled, Outcome::Released}, {TransportFailure::CutOff, Outcome::Retryable}};
  for (const auto& [failure, outcome] : rows) {
    ports::HttpAnswer answer;
    answer.failure = failure;
    const auto result = classify(answer, policy(), kNow);
    EXPECT_EQ(result.outcome, outcome);
    EXPECT_FALSE(result.code.has_value());
    EXPECT_NE(result.sentence, "");
  }
}

TEST(ResponsePolicy, NamesTheClassOfAFailureAndNoneOfAnAnswer) {
  using ports::TransportFailure;
  const std::vector<std::pair<TransportFailure, FailureClass>> rows{
      {TransportFailure::Connect, FailureClass::Connect},   {TransportFailure::Tls, FailureClass::Tls},
      {TransportFailure::Timeout, FailureClass::Timeout},   {TransportFailure::Reset, FailureClass::Reset},
      {TransportFailure::Protocol, FailureClass::Protocol}, {TransportFailure::CutOff, FailureClass::CutOff}};
  for (const auto& [failure, named] : rows) {
    ports::HttpAnswer answer;
    answer.failure = failure;
    answer.error = "Whatever it says.";
    EXPECT_EQ(classify(answer, policy(), kNow).failure, named);
  }
  EXPECT_EQ(classify(answered(503), policy(), kNow).failure, FailureClass::None);
  EXPECT_EQ(classify(answered(200), policy(), kNow).failure, FailureClass::None);
}

TEST(ResponsePolicy, ParksOnRetryAfterOf429And503Only) {
  EXPECT_EQ(classify(answered(429, "120"), policy(), kNow).retryAfter, Millis{120'000});
  EXPECT_EQ(classify(answered(503, "Sun, 06 Nov 1994 08:50:37 GMT"), policy(), kNow).retryAfter, Millis{60'000});
  EXPECT_EQ(classify(answered(503, "86400"), policy(), kNow).retryAfter, Millis{3'600'000});
  EXPECT_EQ(classify(answered(503, "99999999999999999999"), policy(), kNow).retryAfter, Millis{3'600'000});
  EXPECT_TRUE(classify(answered(429, "120"), policy(), kNow).parks);
  EXPECT_EQ(classify(answered(500, "120"), policy(), kNow).retryAfter, Millis{120'000});
  EXPECT_FALSE(classify(answered(500, "120"), policy(), kNow).parks) << "only its message waits";
  EXPECT_EQ(classify(answered(200, "120"), policy(), kNow).retryAfter, std::nullopt);
}

TEST(ResponsePolicy, FollowsNoRetryAfterWhenTheLongestThatIsFollowedIsZero) {
  auto none = policy();
  none.maxRetryAfter = Millis{0};
  const auto result = classify(answered(503, "120"), none, kNow);
  EXPECT_EQ(result.retryAfter, std::nullopt);
  EXPECT_FALSE(result.parks);
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parseRetryAfter(" 0 ", kNow), Millis{0});
  EXPECT_EQ(parseRetryAfter("Sun, 06 Nov 1994 08:49:00 GMT", kNow), Millis{0});  // it has passed
  EXPECT_EQ(parseRetryAfter("1.5", kNow), Millis{2'000}) << "rounded up";
  EXPECT_EQ(parseRetryAfter("0.001", kNow), Millis{1'000});
  EXPECT_EQ(parseRetryAfter("3.0", kNow), Millis{3'000});
  for (const auto* text : {"", " ", "-1", "soon", "12s", ".", ".5", "5.", "1.5.2", "1.-5"})
    EXPECT_EQ(parseRetryAfter(text, kNow), std::nullopt) << text;
}

TEST(Excerpt, IsValidUtf8WithinItsLimit) {
  EXPECT_EQ(readableExcerpt("h\xC3\xBC\xF0\x9F\x98\x80", 100), "h\xC3\xBC\xF0\x9F\x98\x80");
  const std::string replaced = "\xEF\xBF\xBD";
  EXPECT_EQ(readableExcerpt("a\xFF"
                            "b",
                            100),
            "a" + replaced + "b");
  EXPECT_EQ(readableExcerpt(std::string("a\0b", 3), 100), "a" + replaced + "b");
  EXPECT_EQ(readableExcerpt("\xC0\xAF", 100), replaced + replaced);                 // overlong
  EXPECT_EQ(readableExcerpt("\xED\xA0\x80", 100), replaced + replaced + replaced);  // surrogate
  EXPECT_EQ(readableExcerpt("ab\xC3", 100), "ab" + replaced);                       // cut in the middle
  EXPECT_EQ(readableExcerpt("ab\xC3\xBC", 3), "ab");
  EXPECT_EQ(readableExcerpt(std::string(2000, '\xFF'), 1024).size(), 1023U);
}

}  // namespace

}  // namespace lull::net
