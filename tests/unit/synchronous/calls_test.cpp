#include "fakes.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace lull::synchronous::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Event event(std::int64_t item, std::uint32_t changeType = 1) {
  Event made;
  made.type = "AssetCreated";
  made.changeType = changeType;
  made.itemId = ItemId(item);
  made.baseId = ItemId(std::int64_t{12});
  return made;
}

std::vector<Event> events(std::size_t count) {
  std::vector<Event> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(event(static_cast<std::int64_t>(i)));
  return made;
}

AttemptResult said(ReceiverResult result) {
  AttemptResult made;
  made.outcome = result == ReceiverResult::Ok ? Outcome::Delivered : Outcome::Retryable;
  made.code = 200;
  made.answer = ReceiverAnswer{result};
  return made;
}

AttemptResult status(Outcome outcome, int code) {
  AttemptResult made;
  made.outcome = outcome;
  made.code = code;
  return made;
}

class CallsTest : public ::testing::Test {
 protected:
  CallsTest() { know({endpoint("a"), endpoint("b")}); }

  void know(const std::vector<Endpoint>& endpoints) { registry_.know(snapshot(7, endpoints)); }

  AdmissionReceipt receipt(std::size_t count, std::uint64_t revision = 7) {
    AdmissionReceipt made;
    made.sequences.resize(count);
    std::iota(made.sequences.begin(), made.sequences.end(), 101);
    made.registryRevision = revision;
    return made;
  }

  static ReadAgain again(std::vector<Event> events) {
    return [events = std::move(events)] { return events; };
  }

  std::vector<CallReport> publish(const std::vector<Event>& events) {
    const auto plan = calls_.plan(events, again(events));
    return calls_.make(plan.value(), receipt(events.size()));
  }

  /// "<endpoint> <sequence> <outcome>[ <result>]" of each report.
  static std::vector<std::string> lines(const std::vector<CallReport>& reports) {
    std::vector<std::string> made;
    for (const auto& one : reports) {
      made.push_back(one.endpoint + " " + std::to_string(one.sequence) + " " + std::string(one.outcome) +
                     (one.result ? " " + std::string(toString(*one.result)) : ""));
    }
    return made;
  }

  /// "<endpoint> <item>" of each call, in their order.
  std::vector<std::string> called() const {
    std::vector<std::string> made;
    for (const auto& one : channel_.requests) made.push_back(one.endpoint->id + " " + one.message.key.itemId.text());
    return made;
  }

  FakeRegistry registry_;
  FakeChannel channel_;
  FakeLog log_;
  lull::testing::ManualClock clock_;
  lull::testing::NoMeter meter_;
  lull::testing::NoNotes notes_;
  Calls calls_{{10s, 15s, 64, 10, [this] { return channel_.now; }},
               {registry_, channel_, log_, clock_, meter_, notes_}};
};

TEST_F(CallsTest, EachEventIsToldInOrderToEachEndpointInOrder) {
  know({endpoint("b"), endpoint("a"), endpoint("other", 2)});
  EXPECT_THAT(lines(publish({event(1), event(2)})),
              ElementsAre("b 101 delivered", "a 101 delivered", "b 102 delivered", "a 102 delivered"));
  EXPECT_THAT(called(), ElementsAre("b 1", "a 1", "b 2", "a 2"));
}

TEST_F(CallsTest, NothingIsReportedWhenNobodyWantsAnEvent) {
  EXPECT_THAT(publish({event(1, 2)}), IsEmpty());
  know({});
  EXPECT_THAT(publish({event(1)}), IsEmpty());
  EXPECT_THAT(called(), IsEmpty());
  EXPECT_THAT(log_.written, IsEmpty());
}

TEST_F(CallsTest, AFilterIsJudgedForEachEvent) {
  auto creates = endpoint("creates");
  creates.registration.filter.operations = {Operation::Create};
  know({creates, endpoint("all")});
  auto created = event(1);
  created.operation = Operation::Create;
  EXPECT_THAT(lines(publish({created, event(2)})),
              ElementsAre("creates 101 delivered", "all 101 delivered", "all 102 delivered"));
  know({creates});
  EXPECT_THAT(publish(events(100)), IsEmpty()) << "what nobody wants is not counted either";
}

TEST_F(CallsTest, OnlyAResultOfErrorEndsTheCallsOfItsEvent) {
  for (const auto& [result, first] : {std::pair(ReceiverResult::Ok, "a 101 delivered OK"),
                                      std::pair(ReceiverResult::ErrorAndSkip, "a 101 retryable ErrorAndSkip"),
                                      std::pair(ReceiverResult::SkipNow, "a 101 retryable SkipNow")}) {
    channel_.answers = {{"a", said(result)}};
    EXPECT_THAT(lines(publish({event(1)})), ElementsAre(first, "b 101 delivered"));
  }
  channel_.answers = {{"a", said(ReceiverResult::Error)}};
  channel_.requests.clear();
  EXPECT_THAT(lines(publish({event(1), event(2)})), ElementsAre("a 101 retryable Error", "a 102 retryable Error"));
  EXPECT_THAT(called(), ElementsAre("a 1", "a 2")) << "the next event of the request goes on";
}

TEST_F(CallsTest, AStatusThatIsNoSuccessGoesOn) {
  for (const auto& [answer, word] : {std::pair(status(Outcome::Retryable, 500), "retryable"),
                                     std::pair(status(Outcome::Permanent, 400), "permanent")}) {
    channel_.answers = {{"a", answer}};
    const auto reports = publish({event(1)});
    EXPECT_THAT(lines(reports), ElementsAre(std::string("a 101 ") + word, "b 101 delivered"));
    EXPECT_EQ(reports.at(0).code, answer.code);
  }
}

TEST_F(CallsTest, TheReceiverGetsTheEventByItself) {
  auto one = event(4711);
  one.data = R"({"a":1})";
  one.operation = Operation::Create;
  one.scope = "AA";
  one.changedFields = {"title"};
  one.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  one.occurredAt = clock_.now() + 1h;
  publish({one});
  const auto& request = channel_.requests.at(0);
  EXPECT_FALSE(request.test);
  EXPECT_EQ(request.timeout, Millis{10'000}) << "the deadline is nearer than Delivery:Timeout";
  const auto& message = request.message;
  EXPECT_EQ(message.id, "a_101");
  EXPECT_EQ(message.key, (ItemKey{1, ItemId(std::int64_t{4711})}));
  EXPECT_EQ(message.upto, 101U);
  EXPECT_EQ(message.eventCount, 1U);
  EXPECT_EQ(message.attempts, 1U);
  EXPECT_EQ(message.occurredAt, clock_.now()) << "no later than now";
  EXPECT_EQ(message.sentAt, clock_.now());
  EXPECT_EQ(message.traceparent, one.traceparent);
  EXPECT_EQ(message.payload, (Payload{one.baseId, one.type, one.data, one.operation, one.scope, one.changedFields}));
}

TEST_F(CallsTest, ARepeatCallsAgainUnderTheSameId) {
  publish({event(1)});
  publish({event(1)});
  EXPECT_EQ(channel_.requests.at(0).message.id, channel_.requests.at(2).message.id);
}

TEST_F(CallsTest, ReceiversThatHangTakeNoLongerThanTheDeadline) {
  know({endpoint("a"), endpoint("b"), endpoint("c")});
  auto short_ = endpoint("a");
  short_.registration.timeout = 4s;
  know({short_, endpoint("b"), endpoint("c")});
  channel_.hangs = {{"a", true}, {"b", true}, {"c", true}};
  EXPECT_THAT(lines(publish({event(1), event(2)})), ElementsAre("a 101 retryable", "b 101 retryable", "c 101 deadline",
                                                                "a 102 deadline", "b 102 deadline", "c 102 deadline"));
  EXPECT_EQ(channel_.requests.at(0).timeout, 4s) << "its own";
  EXPECT_EQ(channel_.requests.at(1).timeout, 6s) << "what is left";
  EXPECT_EQ(channel_.now, SteadyClock::time_point(10s));
}

TEST_F(CallsTest, PausedEndpointsAreSkippedAndNamed) {
  auto paused = endpoint("a");
  paused.registration.enabled = false;
  know({paused, endpoint("b")});
  EXPECT_THAT(lines(publish({event(1)})), ElementsAre("a 101 skipped", "b 101 delivered"));
  EXPECT_THAT(called(), ElementsAre("b 1"));
}

TEST_F(CallsTest, OneThatMayBeSentNothingIsNotCalledAgain) {
  auto gone = status(Outcome::Held, 410);
  gone.pause = PauseOrder{PausedReason::Gone, "It is gone.", true};
  channel_.answers = {{"a", gone}};
  EXPECT_THAT(lines(publish({event(1), event(2)})),
              ElementsAre("a 101 gone", "b 101 delivered", "a 102 skipped", "b 102 delivered"));
  EXPECT_EQ(log_.written.at(0).pause->reason, PausedReason::Gone);
  EXPECT_EQ(log_.written.at(0).attempt.heldFor, PausedReason::Gone);
}

TEST_F(CallsTest, MoreThanTenEventsForSuchEndpointsAreRefused) {
  auto most = events(10);
  for (int i = 0; i < 50; ++i) most.push_back(event(1'000 + i, 2));
  EXPECT_TRUE(calls_.plan(most).ok()) << "nobody wants the others";
  most.push_back(event(11));
  const auto refused = calls_.plan(most);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
  EXPECT_THAT(refused.error().fields.at(0).detail, HasSubstr("want 11 of these events"));
  know({});
  EXPECT_TRUE(calls_.plan(events(1'000)).ok());
}

TEST_F(CallsTest, OnlyWhatIsWantedIsToldUnderItsOwnSequence) {
  auto many = std::vector<Event>(30, event(1, 2));
  many.at(20) = event(20);
  EXPECT_THAT(lines(publish(many)), ElementsAre("a 121 delivered", "b 121 delivered"));
  EXPECT_EQ(registry_.asked, 0) << "the answer to the commit said that nothing had changed";
}

TEST_F(CallsTest, OfARequestThatIsNotKeptOnlyWhatIsWantedIsToldUnderItsOwnSequence) {
  auto many = std::vector<Event>(30, event(1, 2));
  many.at(20) = event(20);
  const auto plan = calls_.plan(many);
  EXPECT_THAT(lines(calls_.make(plan.value(), receipt(30))), ElementsAre("a 121 delivered", "b 121 delivered"));
  EXPECT_EQ(registry_.asked, 1) << "before the commit, and not again";
}

TEST_F(CallsTest, ARequestThatIsNotKeptIsJudgedByWhatIsStored) {
  registry_.known = snapshot(6, {});
  EXPECT_FALSE(calls_.plan(events(11)).ok());
  know({});
  registry_.known = snapshot(6, {endpoint("a")});
  EXPECT_TRUE(calls_.plan(events(11)).ok());
}

TEST_F(CallsTest, NothingIsRefusedBecauseOfAnEndpointThatIsGone) {
  know({});
  registry_.known = snapshot(6, {endpoint("a")});
  EXPECT_TRUE(calls_.plan(events(11), again(events(11))).ok());
}

TEST_F(CallsTest, OfTooManyEventsForAnEndpointThatIsNewTheFirstTenAreToldAndTheOthersNamed) {
  registry_.known = snapshot(6, {});
  const auto reports = publish(events(12));
  ASSERT_EQ(reports.size(), 24U);
  EXPECT_EQ(lines(reports).at(19), "b 110 delivered");
  EXPECT_EQ(lines(reports).at(20), "a 111 deadline");
  EXPECT_EQ(channel_.requests.size(), 20U);
}

TEST_F(CallsTest, BeyondSixtyFourRequestsThatWaitTheNextIsRefused) {
  std::vector<Result<Plan>> waiting;
  for (int i = 0; i < 64; ++i) {
    waiting.push_back(calls_.plan({event(i)}, again({event(i)})));
    ASSERT_TRUE(waiting.back().ok());
  }
  const auto refused = calls_.plan({event(64)}, again({event(64)}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(calls_.plan({event(65, 2)}).ok()) << "no endpoint has to be called for it";
  calls_.make(waiting.back().value(), receipt(1));
  waiting.pop_back();
  EXPECT_TRUE(calls_.plan({event(66)}).ok());
}

TEST_F(CallsTest, AnEndpointThatWasRegisteredBeforeTheCommitIsCalled) {
  know({});
  const auto plan = calls_.plan({event(1)}, again({event(1)}));
  registry_.stored = snapshot(8, {endpoint("new")});
  EXPECT_THAT(lines(calls_.make(plan.value(), receipt(1, 8))), ElementsAre("new 101 delivered"));
}

TEST_F(CallsTest, AnEndpointThatWasPausedBeforeTheCommitIsNotCalled) {
  const auto plan = calls_.plan({event(1)}, again({event(1)}));
  auto paused = endpoint("a");
  paused.registration.enabled = false;
  registry_.stored = snapshot(8, {paused});
  EXPECT_THAT(lines(calls_.make(plan.value(), receipt(1, 8))), ElementsAre("a 101 skipped"));
  EXPECT_THAT(called(), IsEmpty());
}

TEST_F(CallsTest, APauseOrDeletionDuringTheCallsCounts) {
  channel_.hangs = {{"slow", true}};
  auto slow = endpoint("slow");
  slow.registration.timeout = 1s;
  auto paused = endpoint("paused");
  paused.registration.enabled = false;
  know({slow, endpoint("paused"), endpoint("deleted"), endpoint("stays")});
  const auto plan = calls_.plan({event(1)}, again({event(1)}));
  registry_.stored = snapshot(8, {paused, slow, endpoint("stays"), endpoint("new")});
  EXPECT_THAT(lines(calls_.make(plan.value(), receipt(1))),
              ElementsAre("slow 101 retryable", "paused 101 skipped", "deleted 101 skipped", "stays 101 delivered"));
  EXPECT_THAT(called(), ElementsAre("slow 1", "stays 1"));
  EXPECT_EQ(registry_.asked, 1) << "the calls after the slow one were quick";
}

TEST_F(CallsTest, WhenNobodyMayWaitAnyMoreAnEndpointThatIsNewIsOnlyNamed) {
  std::vector<Result<Plan>> waiting;
  for (int i = 0; i < 64; ++i) waiting.push_back(calls_.plan({event(i)}, again({event(i)})));
  registry_.known = snapshot(6, {});
  const auto plan = calls_.plan({event(64)}, again({event(64)}));
  EXPECT_THAT(lines(calls_.make(plan.value(), receipt(1))), ElementsAre("a 101 deadline", "b 101 deadline"));
  EXPECT_THAT(called(), IsEmpty());
}

TEST_F(CallsTest, WhenTheStoreIsAwayAfterTheCommitWhatIsKnownIsCalled) {
  const auto plan = calls_.plan({event(1)}, again({event(1)}));
  registry_.stored = nullptr;
  log_.away = true;
  EXPECT_THAT(lines(calls_.make(plan.value(), receipt(1, 8))), ElementsAre("a 101 delivered", "b 101 delivered"));
}

TEST_F(CallsTest, AttemptsAreLoggedAndFailuresAmongThemMarked) {
  AttemptResult released;
  released.outcome = Outcome::Released;
  AttemptResult cut;
  cut.cutOff = true;
  know({endpoint("ok"), endpoint("skip"), endpoint("error"), endpoint("500"), endpoint("cut"), endpoint("released")});
  channel_.answers = {{"skip", said(ReceiverResult::SkipNow)},
                      {"error", said(ReceiverResult::ErrorAndSkip)},
                      {"500", status(Outcome::Retryable, 500)},
                      {"cut", cut},
                      {"released", released}};
  EXPECT_EQ(lines(publish({event(1)})).back(), "released 101 released");
  std::vector<std::string> written;
  for (const auto& one : log_.written) written.push_back(one.endpoint + (one.failed ? " failed" : ""));
  EXPECT_THAT(written, ElementsAre("ok", "skip", "error failed", "500 failed", "cut"))
      << "what never began is no attempt";
  const auto& attempt = log_.written.at(2).attempt;
  EXPECT_EQ(attempt.at, clock_.now());
  EXPECT_EQ(attempt.messageId, "error_101");
  EXPECT_EQ(attempt.key, (ItemKey{1, ItemId(std::int64_t{1})}));
  EXPECT_EQ(attempt.attempt, 1U);
  EXPECT_EQ(attempt.code, 200);
  EXPECT_EQ(attempt.result, ReceiverResult::ErrorAndSkip);
}

}  // namespace
}  // namespace lull::synchronous::testing
