#include "redis/ordered_receiver.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <tuple>

/// What becomes of three messages A, B and C of one lane when the receiver says something else than "OK" of one of
/// them. The retry schedule is 60 s, 300 s; the words of the stories are explained at OrderedReceiver.
namespace lull::redis {
namespace {

/// What is sent at once, and where the messages that are left stand then.
constexpr std::string_view kAtOnce = R"(
  of which          | sent at once | waits then
  OK            A   | A1 B1 C1     |
  OK            B   | A1 B1 C1     |
  OK            C   | A1 B1 C1     |
  Error         A   | A1           | A retrying, B behind, C behind
  Error         B   | A1 B1        | B retrying, C behind
  Error         C   | A1 B1 C1     | C retrying
  ErrorAndSkip  A   | A1 B1 C1     | A aside
  ErrorAndSkip  B   | A1 B1 C1     | B aside
  ErrorAndSkip  C   | A1 B1 C1     | C aside
  SkipNow       A   | A1 B1 C1     | A aside
  SkipNow       B   | A1 B1 C1     | B aside
  SkipNow       C   | A1 B1 C1     | C aside
)";

/// How it is found again, when the receiver says the same of it twice and "OK" then: by the schedule, by an event D
/// that comes after 1 s, or by an operator who synchronizes after 1 s. An attempt that is brought forward uses up no
/// entry.
constexpr std::string_view kFoundAgain = R"(
  of which          | schedule               | event                       | synchronize
  OK            A   |                        | @1 D1                       |
  OK            B   |                        | @1 D1                       |
  OK            C   |                        | @1 D1                       |
  Error         A   | @60 A2 @360 A3 B1 C1   | @10 A2 @60 A3 B1 C1 D1      | @1 A2 @60 A3 B1 C1
  Error         B   | @60 B2 @360 B3 C1      | @10 B2 @60 B3 C1 D1         | @1 B2 @60 B3 C1
  Error         C   | @60 C2 @360 C3         | @10 C2 @60 C3 D1            | @1 C2 @60 C3
  ErrorAndSkip  A   | @60 A2* @360 A3*       | @1 D1 @60 A2* @360 A3*      | @1 A2* @60 A3*
  ErrorAndSkip  B   | @60 B2* @360 B3*       | @1 D1 @60 B2* @360 B3*      | @1 B2* @60 B3*
  ErrorAndSkip  C   | @60 C2* @360 C3*       | @1 D1 @60 C2* @360 C3*      | @1 C2* @60 C3*
  SkipNow       A   | @60 A1* @120 A1*       | @1 D1 @60 A1* @120 A1*      | @1 A1* @61 A1*
  SkipNow       B   | @60 B1* @120 B1*       | @1 D1 @60 B1* @120 B1*      | @1 B1* @61 B1*
  SkipNow       C   | @60 C1* @120 C1*       | @1 D1 @60 C1* @120 C1*      | @1 C1* @61 C1*
)";

/// The same when the process ends under the first attempt of that message, and under the third: the lease of 25 s runs
/// out, and the next process sends it again, from where it stood.
constexpr std::string_view kRestart = R"(
  of which          | restart
  OK            A   | A1! @25 A2 B1 C1
  OK            B   | A1 B1! @25 B2 C1
  OK            C   | A1 B1 C1! @25 C2
  Error         A   | A1! @25 A2 @85 A3! @110 A4 @410 A5 B1 C1
  Error         B   | A1 B1! @25 B2 @85 B3! @110 B4 @410 B5 C1
  Error         C   | A1 B1 C1! @25 C2 @85 C3! @110 C4 @410 C5
  ErrorAndSkip  A   | A1! @25 A2 B1 C1 @85 A3*! @110 A4* @410 A5*
  ErrorAndSkip  B   | A1 B1! @25 B2 C1 @85 B3*! @110 B4* @410 B5*
  ErrorAndSkip  C   | A1 B1 C1! @25 C2 @85 C3*! @110 C4* @410 C5*
  SkipNow       A   | A1! @25 A2 B1 C1 @85 A2*! @110 A3* @170 A3*
  SkipNow       B   | A1 B1! @25 B2 C1 @85 B2*! @110 B3* @170 B3*
  SkipNow       C   | A1 B1 C1! @25 C2 @85 C2*! @110 C3* @170 C3*
)";

/// When the receiver says the same of it for ever: until the schedule is exhausted, or, of "SkipNow", until MaxAge
/// (150 s). A blocked endpoint gets an event D 40 s later and is synchronized 1 s after that; then the receiver takes
/// all.
constexpr std::string_view kForEver = R"(
  of which          | skip                                    | stop
  OK            A   |                                         |
  OK            B   |                                         |
  OK            C   |                                         |
  Error         A   | @60 A2 @360 A3 letter B1 C1             | @60 A2 @360 A3 blocked @401 A1 B1 C1 D1
  Error         B   | @60 B2 @360 B3 letter C1                | @60 B2 @360 B3 blocked @401 B1 C1 D1
  Error         C   | @60 C2 @360 C3 letter                   | @60 C2 @360 C3 blocked @401 C1 D1
  ErrorAndSkip  A   | @60 A2* @360 A3* letter                 | @60 A2* @360 A3* blocked @401 A1* D1
  ErrorAndSkip  B   | @60 B2* @360 B3* letter                 | @60 B2* @360 B3* blocked @401 B1* D1
  ErrorAndSkip  C   | @60 C2* @360 C3* letter                 | @60 C2* @360 C3* blocked @401 C1* D1
  SkipNow       A   | @60 A1* @120 A1* @180 letter            | @60 A1* @120 A1* @180 blocked @221 A1* D1
  SkipNow       B   | @60 B1* @120 B1* @180 letter            | @60 B1* @120 B1* @180 blocked @221 B1* D1
  SkipNow       C   | @60 C1* @120 C1* @180 letter            | @60 C1* @120 C1* @180 blocked @221 C1* D1
)";

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The cell of a table in the row that begins with `result` and `item`; "no such cell" when there is none.
std::string cell(std::string_view table, ReceiverResult result, const std::string& item, const std::string& column) {
  std::istringstream lines{std::string(table)};
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream parts{line};
    for (std::string part; std::getline(parts, part, '|');) cells.push_back(trimmed(part));
    if (cells.size() < 2) continue;
    if (names.empty()) names = cells;
    std::istringstream head{cells[0]};
    std::string word, of;
    if (!(head >> word >> of) || word != toString(result) || of != item) continue;
    const auto at = std::find(names.begin(), names.end(), column) - names.begin();
    if (at < std::ssize(names)) return at < std::ssize(cells) ? cells[static_cast<std::size_t>(at)] : "";
  }
  return "no such cell";
}

/// {what the receiver says, of which message, onFailure}
using Case = std::tuple<ReceiverResult, std::string, OnFailure>;

class OrderedReceiverTable : public OrderedReceiver, public ::testing::WithParamInterface<Case> {
 protected:
  ReceiverResult result() const { return std::get<0>(GetParam()); }
  const std::string& item() const { return std::get<1>(GetParam()); }
  OnFailure onFailure() const { return std::get<2>(GetParam()); }
  bool isOk() const { return result() == ReceiverResult::Ok; }
  std::string cellOf(std::string_view table, const std::string& column) {
    return cell(table, result(), item(), column);
  }

  /// The receiver says it so many times, then "OK".
  void say(int times) {
    answer_ = [this, times](const std::string& of) mutable {
      return of == item() && times-- > 0 ? result() : ReceiverResult::Ok;
    };
  }
  void beginAndSend(Millis maxAge = std::chrono::hours(96)) {
    begin(onFailure(), maxAge);
    publish("ABC");
    sendAll();
    EXPECT_EQ(told(), cellOf(kAtOnce, "sent at once"));
    EXPECT_EQ(waits(), cellOf(kAtOnce, "waits then"));
    EXPECT_EQ(state().inFlight, 0U);
    EXPECT_EQ(state().pausedReason, PausedReason::None);
  }
  void expectLetters(const std::map<std::string, DeathReason>& expected) {
    std::map<std::string, DeathReason> found;
    const auto letters = process_->letters.list({}, {}).value();
    for (const auto& letter : letters.items) found[letter.message.key.itemId.text()] = letter.reason;
    EXPECT_EQ(found, expected);
  }
};

TEST_P(OrderedReceiverTable, FoundAgainBySchedule) {
  say(2);
  beginAndSend();
  sendToTheEnd();
  EXPECT_EQ(told(), cellOf(kFoundAgain, "schedule"));
  expectNothingLeft();
  expectLetters({});
}

TEST_P(OrderedReceiverTable, FoundAgainByTheNextEvent) {
  say(2);
  beginAndSend();
  clock_.advance(std::chrono::seconds(1));
  publish("D");
  sendToTheEnd();
  EXPECT_EQ(told(), cellOf(kFoundAgain, "event"));
  expectNothingLeft();
  expectLetters({});
}

TEST_P(OrderedReceiverTable, FoundAgainBySynchronizing) {
  say(2);
  beginAndSend();
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(process_->view.retry(id_, {}).value(), isOk() ? 0U : 1U) << "what stands behind is not made due";
  sendToTheEnd();
  EXPECT_EQ(told(), cellOf(kFoundAgain, "synchronize"));
  expectNothingLeft();
  expectLetters({});
}

TEST_P(OrderedReceiverTable, FoundAgainAtARestart) {
  say(2);
  begin(onFailure());
  publish("ABC");
  ends_ = [this, attempts = 0](const std::string& of) mutable {
    return of == item() && (++attempts == 1 || attempts == 3);
  };
  sendToTheEnd();
  EXPECT_EQ(told(), cellOf(kRestart, "restart"));
  expectNothingLeft();
  expectLetters({});
}

TEST_P(OrderedReceiverTable, SaidForEver) {
  say(1'000);
  const bool expires = result() == ReceiverResult::SkipNow;
  beginAndSend(expires ? std::chrono::seconds(150) : Millis(std::chrono::hours(96)));
  const auto waiting = waits();
  sendToTheEnd();
  const bool stops = onFailure() == OnFailure::Stop;
  if (stops && !isOk()) {
    EXPECT_EQ(state().pausedReason, PausedReason::Blocked);
    EXPECT_EQ(waits(), waiting) << "it stays where it was";
    clock_.advance(std::chrono::seconds(40));
    publish("D");
    sendToTheEnd();
    EXPECT_EQ(waits(), waiting + (result() == ReceiverResult::Error ? ", D behind" : ", D waiting"));
    say(0);
    clock_.advance(std::chrono::seconds(1));
    ASSERT_TRUE(process_->view.retry(id_, {}));
    sendToTheEnd();
  }
  EXPECT_EQ(told(), cellOf(kForEver, stops ? "stop" : "skip"));
  expectNothingLeft();
  if (isOk() || stops) return expectLetters({});
  expectLetters({{item(), expires ? DeathReason::Expired : DeathReason::Exhausted}});
}

std::string nameOf(const ::testing::TestParamInfo<Case>& info) {
  const auto& [result, item, onFailure] = info.param;
  return std::string(toString(result)) + "Of" + item + "Then" + std::string(toString(onFailure));
}

INSTANTIATE_TEST_SUITE_P(All, OrderedReceiverTable,
                         ::testing::Combine(::testing::Values(ReceiverResult::Ok, ReceiverResult::Error,
                                                              ReceiverResult::ErrorAndSkip, ReceiverResult::SkipNow),
                                            ::testing::Values("A", "B", "C"),
                                            ::testing::Values(OnFailure::Skip, OnFailure::Stop)),
                         nameOf);

/// What the table does not say: several messages at once, and operators.
class OrderedReceiverBesides : public OrderedReceiver {
 protected:
  /// The receiver says this of that message, and "OK" of the others.
  void say(std::map<std::string, ReceiverResult> results) {
    answer_ = [results = std::move(results)](const std::string& of) {
      const auto found = results.find(of);
      return found == results.end() ? ReceiverResult::Ok : found->second;
    };
  }
};

TEST_F(OrderedReceiverBesides, SetAsideMessagesComeAgainInTheOrderInWhichTheyWereSetAsideBeforeTheHead) {
  begin(OnFailure::Skip);
  say({{"A", ReceiverResult::SkipNow}, {"B", ReceiverResult::ErrorAndSkip}, {"C", ReceiverResult::Error}});
  publish("ABCD");
  sendAll();
  EXPECT_EQ(told(), "A1 B1 C1");
  EXPECT_EQ(waits(), "A aside, B aside, C retrying, D behind");
  say({});
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(process_->view.retry(id_, {}).value(), 3U);
  sendToTheEnd();
  EXPECT_EQ(told(), "@1 A1* B2* C2 D1");
  expectNothingLeft();
}

TEST_F(OrderedReceiverBesides, ASetAsideMessageThatFailsStaysAsideAndHoldsUpNobody) {
  begin(OnFailure::Skip);
  say({{"A", ReceiverResult::ErrorAndSkip}});
  publish("AB");
  sendAll();
  say({{"A", ReceiverResult::Error}});
  clock_.advance(std::chrono::seconds(60));
  publish("C");
  sendAll();
  EXPECT_EQ(told(), "A1 B1 @60 A2* C1");
  EXPECT_EQ(waits(), "A aside");
  say({});
  sendToTheEnd();
  EXPECT_EQ(told(), "@360 A3*");
  expectNothingLeft();
}

TEST_F(OrderedReceiverBesides, TheSetAsideMessageThatBlocksKeepsItsPlaceBeforeThoseSetAsideLater) {
  begin(OnFailure::Stop);
  say({{"A", ReceiverResult::ErrorAndSkip}});
  publish("A");
  sendAll();
  clock_.advance(std::chrono::seconds(60));
  sendAll();
  clock_.advance(std::chrono::seconds(290));
  say({{"A", ReceiverResult::ErrorAndSkip}, {"B", ReceiverResult::ErrorAndSkip}});
  publish("B");
  sendAll();
  clock_.advance(std::chrono::seconds(10));
  sendAll();
  EXPECT_EQ(told(), "A1 @60 A2* @350 B1 @360 A3* blocked");
  say({});
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(process_->view.retry(id_, {}).value(), 2U);
  sendToTheEnd();
  EXPECT_EQ(told(), "@361 A1* B2*");
  expectNothingLeft();
}

TEST_F(OrderedReceiverBesides, WhileAnOperatorPausesItEventsAreQueuedAndNobodySynchronizes) {
  begin(OnFailure::Stop);
  say({{"A", ReceiverResult::Error}});
  publish("AB");
  sendAll();
  registration_.enabled = false;
  const auto paused = process_->registry.replace(id_, process_->registry.find(id_)->version, registration_);
  ASSERT_TRUE(paused);
  clock_.advance(std::chrono::seconds(120));
  publish("C");
  const auto refused = process_->view.retry(id_, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  sendToTheEnd();
  EXPECT_EQ(told(), "A1");
  say({});
  registration_.enabled = true;
  ASSERT_TRUE(process_->registry.replace(id_, paused->version, registration_));
  sendToTheEnd();
  EXPECT_EQ(told(), "@120 A2 B1 C1");
  expectNothingLeft();
}

}  // namespace
}  // namespace lull::redis
