// When the leases of a process may be taken over, as a table of what the calls of clock.lua showed.
#include <lull/redis/take_over_rule.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace lull::redis {
namespace {

using std::chrono::milliseconds;
using SignNames = std::vector<std::string>;

/// A call that was sent at `at` and took `took` (ms), what it showed, and what may be taken over behind it.
struct SignStep {
  std::int64_t at = 0;
  SignNames gone{};
  SignNames taken{};
  std::int64_t took = 1;
  bool held = false;
  bool lapsed = false;
};

struct Story {
  std::string name;
  std::vector<SignStep> steps;
};

void PrintTo(const Story& story, std::ostream* out) {
  *out << story.name;
}

SignReading readingOf(const SignStep& step) {
  SignReading reading;
  reading.sent = milliseconds(step.at);
  reading.answered = milliseconds(step.at + step.took);
  reading.held = step.held;
  reading.lapsed = step.lapsed;
  reading.gone = step.gone;
  return reading;
}

class TakeOverRuleTable : public ::testing::TestWithParam<Story> {};

TEST_P(TakeOverRuleTable, TakesOver) {
  TakeOverRule rule;
  for (const auto& step : GetParam().steps) {
    EXPECT_EQ(rule.judge(readingOf(step)), step.taken) << "at " << step.at;
  }
}

INSTANTIATE_TEST_SUITE_P(
    , TakeOverRuleTable,
    ::testing::Values(
        Story{"AfterTwoRenewalsASecondApart", {{0, {"5:a"}}, {2, {"5:a"}}, {1003, {"5:a"}, {"5:a"}}}},
        Story{"NotBeforeASecondHasPassed", {{0, {"5:a"}}, {2, {"5:a"}}, {1002, {"5:a"}}, {1003, {"5:a"}, {"5:a"}}}},
        Story{"NotAfterOneRenewalHoweverLate", {{0, {"5:a"}}, {9000, {"5:a"}}, {9001, {"5:a"}}}},
        Story{"ASecondBetweenTheAnswerOfOneAndTheSendingOfTheOther",
              {{0, {"5:a"}}, {2, {"5:a"}, {}, 800}, {1200, {"5:a"}}, {1802, {"5:a"}, {"5:a"}}}},
        Story{"NobodyWhoRenewedMeanwhile",
              {{0, {"5:a"}}, {2, {"5:a"}}, {1003, {}}, {2004, {"5:a"}}, {2006, {"5:a"}}, {3007, {"5:a"}, {"5:a"}}}},
        Story{"EachByItsOwnCount",
              {{0, {"5:a"}}, {2, {"5:a"}}, {1003, {"5:a", "6:b"}, {"5:a"}}, {1005, {"6:b"}}, {2006, {"6:b"}, {"6:b"}}}},
        Story{"ASlotThatCameBackIsAnotherSign", {{0, {"5:a"}}, {2, {"5:a"}}, {1003, {"5:b"}}}},
        Story{"NotWhileItIsHeldThoughTheRenewalsCount",
              {{0, {"5:a"}, {}, 1, true},
               {2, {"5:a"}, {}, 1, true},
               {1003, {"5:a"}, {}, 1, true},
               {2004, {"5:a"}, {"5:a"}}}},
        Story{"AfterOurOwnSignLapsedFromTheBeginningAndNotForATtl",
              {{0, {"5:a"}},
               {2, {"5:a"}},
               {5000, {"5:a"}, {}, 1, false, true},
               {5002, {"5:a"}},
               {6003, {"5:a"}},
               {7000, {"5:a"}},
               {7001, {"5:a"}, {"5:a"}}}},
        Story{"AgainWhenTheFirstTimeFailed",
              {{0, {"5:a"}}, {2, {"5:a"}}, {1003, {"5:a"}, {"5:a"}}, {2004, {"5:a"}, {"5:a"}}}}),
    [](const auto& instance) { return instance.param.name; });

TEST(TakeOverRule, AsksAgainAtOnceThenASecondLaterAndElseEverySecond) {
  TakeOverRule rule;
  const auto pauseAfter = [&](const SignStep& step) {
    rule.judge(readingOf(step));
    return rule.pause(readingOf(step));
  };
  EXPECT_EQ(pauseAfter({0}), milliseconds(1000));
  EXPECT_EQ(pauseAfter({1001, {"5:a"}}), milliseconds(0)) << "seen gone: the first renewal";
  EXPECT_EQ(pauseAfter({1003, {"5:a"}}), milliseconds(1000)) << "the second one is due a second after the first";
  EXPECT_EQ(pauseAfter({1500, {"5:a", "6:b"}}), milliseconds(0));
  EXPECT_EQ(pauseAfter({1504, {"5:a", "6:b"}}), milliseconds(499));
  EXPECT_EQ(pauseAfter({2004, {"6:b"}}), milliseconds(500));
  EXPECT_EQ(pauseAfter({2505, {"6:b"}}), milliseconds(1000)) << "it may be taken over";
}

TEST(TakeOverRule, AsksAgainWhenTheNextSignRunsOut) {
  TakeOverRule rule;
  auto reading = readingOf({0});
  for (const auto& [left, pause] : {std::pair{300, 301}, {1700, 1000}, {0, 1}}) {
    reading.nextLapse = Millis{left};
    rule.judge(reading);
    EXPECT_EQ(rule.pause(reading), milliseconds(pause)) << left;
  }
}

}  // namespace
}  // namespace lull::redis
