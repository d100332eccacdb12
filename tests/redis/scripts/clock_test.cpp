// clock.lua with times given: what the fleet's time does when clocks are set, and who is there to see it.
#include "harness.hpp"

#include <string>
#include <vector>

namespace lull::redis {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kYear = 365 * kDay;

/// A process with a boot-time clock of its own, as it talks to the script.
struct Replica {
  std::string bootId;
  std::int64_t bootBase = 0;  // its boot-time clock when the test begins
  double rate = 1.0;          // of its boot-time clock
  std::string pace = "boot";
  Words known = {"", "", ""};
  std::int64_t fleet = 0;  // the last answer
  std::string sign{};
  bool unconfirmed = false;
};

class ClockScript : public ScriptHarness {
 protected:
  static Words unknown() { return {"", "", ""}; }
  std::int64_t bootOf(const Replica& replica) const {
    return replica.bootBase + static_cast<std::int64_t>(static_cast<double>(real_ - kNow) * replica.rate);
  }
  /// `arguments` are those of the time; the signs of life have a test of their own (sign_test.cpp).
  Call call(Words arguments) const {
    for (const auto* word : {"", "nonce", "2000"}) arguments.emplace_back(word);
    return {"clock", {names_.meta(), names_.signs()}, std::move(arguments)};
  }
  Call first(std::int64_t server, std::int64_t boot = 5000) const {
    return call({text(server), "boot-a", text(boot), "boot", "", "", ""});
  }

  /// Asks as this replica, now; returns the fleet's time.
  std::int64_t ask(Replica& replica) {
    const auto boot = bootOf(replica);
    Words arguments{text(real_ + step_), replica.bootId, text(boot), replica.pace};
    arguments.insert(arguments.end(), replica.known.begin(), replica.known.end());
    auto asked = call(std::move(arguments));
    asked.arguments[7] = replica.sign;
    const auto reply = run(asked);
    replica.sign = reply.items.at(4).text;
    replica.fleet = reply.items.at(0).integer;
    replica.known = {text(replica.fleet), text(reply.items.at(1).integer), text(boot)};
    replica.unconfirmed = reply.items.at(3).integer == 1;
    return replica.fleet;
  }

  /// `seconds` pass in which every replica asks once a second, one after the other; each answer must not decrease, and
  /// must follow the time that passed within 5 %.
  void live(std::vector<Replica>& replicas, std::int64_t seconds) {
    const auto part = kSecond / static_cast<std::int64_t>(replicas.size());
    for (std::int64_t i = 0; i < seconds; ++i) {
      for (auto& replica : replicas) {
        real_ += part;
        const auto before = latest_;
        latest_ = ask(replica);
        if (before == 0) continue;
        ASSERT_GE(latest_, before) << "it decreased";
        // A call of one replica may bring the slewing of its whole second.
        ASSERT_LE(latest_ - before, part + kSecond / 20 + 1) << "it leapt";
      }
    }
  }

  std::int64_t real_ = kNow;  // what time it really is
  std::int64_t step_ = 0;     // how far ahead of it the server's clock is
  std::int64_t latest_ = 0;   // the last answer in live(); 0: none
};

TEST_F(ClockScript, StartsAtTheServersTimeAndFollowsIt) {
  Replica replica{"boot-a", 5000};
  EXPECT_EQ(ask(replica), kNow);
  real_ += 250;
  EXPECT_EQ(ask(replica), kNow + 250);
  EXPECT_FALSE(replica.unconfirmed);
}

TEST_F(ClockScript, AsksTheServerItselfSoThatNoAnswerIsOld) {
  const auto serverTime = [this] {
    const auto time = redis({"TIME"});
    return std::stoll(time.items.at(0).text) * 1000 + std::stoll(time.items.at(1).text) / 1000;
  };
  const auto before = serverTime();
  const auto reply = run(call({"", "boot-a", "5000", "boot", "", "", ""}));
  EXPECT_LE(before, reply.items.at(0).integer);
  EXPECT_LE(reply.items.at(0).integer, serverTime());
  EXPECT_EQ(reply.items.at(0).integer, reply.items.at(1).integer);
}

struct Step {
  std::string name;
  std::int64_t by;
};

class ClockSteps : public ClockScript, public ::testing::WithParamInterface<std::tuple<Step, int>> {
 protected:
  std::int64_t by() const { return std::get<0>(GetParam()).by; }
  std::vector<Replica> fleet() const {
    std::vector<Replica> replicas;
    for (int i = 0; i < std::get<1>(GetParam()); ++i) replicas.push_back({"boot-" + text(i), 1'000'000 * (i + 1)});
    return replicas;
  }
};

TEST_P(ClockSteps, OfThreeSecondsLeaveNoTrace) {
  auto replicas = fleet();
  live(replicas, 10);
  step_ = by();
  live(replicas, 3);
  EXPECT_NEAR(static_cast<double>(latest_ - real_), 0, 210);
  step_ = 0;
  live(replicas, 6);
  EXPECT_NEAR(static_cast<double>(latest_ - real_), 0, 5);
}

TEST_P(ClockSteps, ForGoodAreSlewedInWhileAnyReplicaLives) {
  auto replicas = fleet();
  live(replicas, 10);
  step_ = by();
  live(replicas, 900);
  const double slewed = static_cast<double>(latest_ - real_);
  EXPECT_NEAR(slewed, by() > 0 ? 45'000 : -45'000, 1000) << "5 % of 15 minutes";
  for (const auto& replica : replicas) EXPECT_FALSE(replica.unconfirmed);
}

TEST_P(ClockSteps, OfThreeSecondsThatNobodySawLeaveNoTrace) {
  auto before = fleet();
  live(before, 10);
  const auto last = latest_;
  std::vector<Replica> after{{"another boot", 77}};
  real_ += kMinute;
  step_ = by();
  live(after, 3);
  EXPECT_NEAR(static_cast<double>(latest_ - last), 2000, 101) << "it goes on from where it was at its first call";
  EXPECT_EQ(after[0].unconfirmed, by() > 0);
  step_ = 0;
  live(after, 700);
  EXPECT_FALSE(after[0].unconfirmed);
  EXPECT_LE(latest_, real_);
  EXPECT_GE(latest_, real_ - kMinute) << "the minute that nobody was there is slewed in";
}

TEST_P(ClockSteps, ForGoodThatNobodySawAreTakenWhenTheyHaveStoodForTenMinutes) {
  auto before = fleet();
  live(before, 10);
  const auto last = latest_;
  std::vector<Replica> after{{"another boot", 77}};
  real_ += kMinute;
  step_ = by();
  live(after, 590);
  EXPECT_NEAR(static_cast<double>(latest_ - last), 589'000, 29'500) << "windows and deliveries go on";
  EXPECT_EQ(after[0].unconfirmed, by() > 0);
  for (int i = 0; i < 30; ++i) {
    real_ += kSecond;
    ask(after[0]);
  }
  EXPECT_FALSE(after[0].unconfirmed);
  if (by() > 0) {
    EXPECT_EQ(after[0].fleet, real_ + step_);
  } else {
    EXPECT_NEAR(static_cast<double>(after[0].fleet - last), 620'000, 32'000) << "never back";
  }
}

INSTANTIATE_TEST_SUITE_P(, ClockSteps,
                         ::testing::Combine(::testing::Values(Step{"Plus1h", kHour}, Step{"Minus1h", -kHour},
                                                              Step{"Plus40d", 40 * kDay}, Step{"Minus40d", -40 * kDay},
                                                              Step{"Minus20y", -20 * kYear},
                                                              Step{"Plus300y", 300 * kYear}),
                                            ::testing::Values(1, 3)),
                         [](const auto& instance) {
                           return std::get<0>(instance.param).name + "Of" + std::to_string(std::get<1>(instance.param));
                         });

TEST_F(ClockScript, AStepOfHalfASecondIsSlewedInToo) {
  std::vector<Replica> one{{"boot-a", 5000}};
  live(one, 10);
  step_ = -500;
  const auto before = latest_;
  live(one, 1);
  EXPECT_EQ(latest_ - before, 950);
}

TEST_F(ClockScript, AnAbsenceOfUpToAnHourIsBelieved) {
  std::vector<Replica> one{{"boot-a", 5000}};
  live(one, 10);
  Replica next{"another boot", 77};
  real_ += 50 * kMinute;
  EXPECT_EQ(ask(next), real_);
  EXPECT_FALSE(next.unconfirmed);
}

TEST_F(ClockScript, AProcessThatComesBackInTheSameBootKnowsHowLongItWasAway) {
  std::vector<Replica> one{{"boot-a", 5000}};
  live(one, 10);
  real_ += 8 * kHour;
  one[0].known = unknown();
  EXPECT_EQ(ask(one[0]), real_) << "a machine that slept, or a service that was stopped for the night";
  real_ += kMinute;
  step_ = 40 * kDay;
  one[0].known = unknown();
  EXPECT_EQ(ask(one[0]), real_ + 50);
  EXPECT_FALSE(one[0].unconfirmed);
}

TEST_F(ClockScript, TheRecordOfABootOutlivesAnAnswerThatWasAnothersTime) {
  std::vector<Replica> replicas{{"boot-a", 5000}, {"boot-a", 5000}};
  live(replicas, 10);
  auto& late = replicas[0];
  late.known[0] = text(late.fleet - 300);
  real_ += 300;
  EXPECT_GE(ask(late), real_ - 5) << "it is taken along by the other one";
  real_ += 2 * kSecond;
  step_ = 3 * kSecond;
  Replica next{"boot-a", 5000};
  EXPECT_LE(ask(next), real_ + 50) << "who died knew how long that is ago, so the step is slewed in";
  EXPECT_GE(next.fleet, real_);
}

TEST_F(ClockScript, ABootTimeClockThatIsBehindItsRecordIsNoRecord) {
  std::vector<Replica> one{{"boot-a", kHour}};
  live(one, 10);
  Replica container{"boot-a", 5};
  real_ += kMinute;
  EXPECT_EQ(ask(container), real_);
}

TEST_F(ClockScript, ANewcomerWhoSeesAStepFirstDoesNotLetItLeapWhereOthersLived) {
  std::vector<Replica> living{{"boot-a", 5000}};
  live(living, 10);
  step_ = 40 * kDay;
  std::vector<Replica> all{{"boot-b", 77}, living[0]};
  ask(all[0]);
  EXPECT_TRUE(all[0].unconfirmed);
  live(all, 700);
  EXPECT_FALSE(all[0].unconfirmed);
}

TEST_F(ClockScript, AnUnconfirmedStepIsStillUnconfirmedAfterARestart) {
  std::vector<Replica> one{{"boot-a", 5000}};
  live(one, 10);
  real_ += 40 * kDay;
  Replica next{"another boot", 77};
  ask(next);
  real_ += kMinute;
  next.known = unknown();
  ask(next);
  EXPECT_TRUE(next.unconfirmed);
  Replica third{"a third boot", 5};
  real_ += kMinute;
  ask(third);
  EXPECT_TRUE(third.unconfirmed);
}

TEST_F(ClockScript, WhoStoodStillIsTakenAlongAndHoldsNobodyBack) {
  Replica living{"boot-a", 5000};
  Replica paused{"boot-b", 5000};
  ask(living);
  ask(paused);
  for (int i = 0; i < 100; ++i) {
    real_ += kSecond;
    ask(living);
  }
  paused.bootBase -= 100 * kSecond;  // its machine was stopped, and its boot-time clock with it
  EXPECT_EQ(ask(paused), real_);
  EXPECT_EQ(ask(living), real_);
}

TEST_F(ClockScript, WhoLagsBehindTheOthersIsTakenAlong) {
  std::vector<Replica> replicas{{"boot-a", 5000}, {"boot-b", 77}, {"boot-c", 1000}};
  live(replicas, 10);
  auto& late = replicas[0];
  late.known[0] = text(late.fleet - 300);
  real_ += 333;
  EXPECT_GE(ask(late), real_ - 5) << "or a window that it opens is due 300 ms early for the others";
  EXPECT_LE(late.fleet, real_);
}

TEST_F(ClockScript, WhoStoodStillWhileTheOthersSlewedIsTakenAlong) {
  std::vector<Replica> replicas{{"boot-a", 5000}, {"boot-b", 77}, {"boot-c", 1000}};
  live(replicas, 10);
  step_ = kHour;
  std::vector<Replica> others{replicas[1], replicas[2]};
  live(others, 8);
  real_ += 400;
  latest_ = ask(replicas[0]);
  EXPECT_LE(latest_, real_ + 400) << "it sees the step itself, and cannot go by the server's clock";
  latest_ = 0;
  live(others, 1);
  real_ += 400;
  EXPECT_NEAR(static_cast<double>(ask(replicas[0]) - real_), 450, 20);
}

TEST_F(ClockScript, AQuestionThatWasHeldUpIsNoRecordOfABoot) {
  const auto asked = [this](std::int64_t boot) {
    return run(call({text(real_), "boot-a", text(boot), "boot", "", "", ""})).items.at(0).integer;
  };
  real_ += 1000;
  EXPECT_EQ(asked(5000), real_) << "asked at 5000, and a second under way";
  real_ += 2000;
  EXPECT_EQ(asked(8000), real_) << "the next process of this boot is not a second ahead";
}

TEST_F(ClockScript, NobodyIsTakenAlongByAServersClockThatStepped) {
  std::vector<Replica> replicas{{"boot-a", 5000}, {"boot-b", 77}};
  live(replicas, 10);
  step_ = 700;
  live(replicas, 1);
  EXPECT_LE(latest_, real_ + 101);
}

TEST_F(ClockScript, WhoseBootTimeClockGainsGoesByTheServersPace) {
  Replica fast{"boot-a", 5000, 2.0, "server"};
  ask(fast);
  for (int i = 0; i < 60; ++i) {
    real_ += kSecond;
    ask(fast);
  }
  EXPECT_EQ(fast.fleet, real_);
  step_ = -kHour;
  real_ += kSecond;
  const auto before = fast.fleet;
  EXPECT_EQ(ask(fast), before + 2 * kSecond - 50) << "what goes back cannot be told a pace by";
}

TEST_F(ClockScript, AFailoverThatLostTheRecordGoesOnFromWhatTheCallerKnows) {
  Replica replica{"boot-a", 5000};
  ask(replica);
  for (const auto* name : {"clockLast", "clockRaw", "clockOwn"}) redis({"HDEL", names_.meta(), name});
  step_ = -kHour;
  real_ += kSecond;
  EXPECT_EQ(ask(replica), real_ - kSecond / 20);
}

TEST_F(ClockScript, ARecordThatIsNoNumberIsAsIfItWereNotThere) {
  for (const auto* name : {"clockLast", "clockRaw", "clockOwn", "clockDoubt"}) {
    for (const auto* value : {"abc", "-inf", "nan", "99999999999999999999", ""}) {
      Replica replica{"boot-a", 5000};
      ask(replica);
      redis({"HSET", names_.meta(), name, value});
      real_ += kSecond;
      EXPECT_EQ(ask(replica), real_) << name << " " << value;
      replica.known = unknown();
      redis({"HSET", names_.meta(), name, value});
      EXPECT_NEAR(static_cast<double>(ask(replica)), static_cast<double>(real_), 1) << name << " " << value;
    }
  }
}

TEST_F(ClockScript, ARecordOfThisBootWithNumbersThatCannotBeIsAsIfItWereNotThere) {
  for (const auto* numbers :
       {"99999999999999999999 1 1", "1 99999999999999999999 1", "1 1 99999999999999999999", "1 1"}) {
    Replica replica{"boot-a", 5000};
    ask(replica);
    redis({"HSET", names_.meta(), "clockOwn", std::string(numbers) + " boot-a"});
    real_ += kSecond;
    replica.known = unknown();
    EXPECT_NEAR(static_cast<double>(ask(replica)), static_cast<double>(real_), 1) << numbers;
    EXPECT_EQ(field(names_.meta(), "signHeld"), "") << numbers;
  }
}

TEST_F(ClockScript, ARecordFromBeforeALeapIsNone) {
  std::vector<Replica> one{{"boot-a", 5000}};
  live(one, 10);
  step_ = 40 * kDay;
  Replica other{"boot-b", 77};
  for (int i = 0; i < 700 && other.fleet < real_ + kDay; ++i) {
    real_ += kSecond;
    ask(other);
  }
  EXPECT_GE(other.fleet, real_ + step_) << "it has leapt";
  EXPECT_EQ(field(names_.meta(), "clockOwn"), "");
}

TEST_F(ClockScript, WrongInputIsRefused) {
  run(first(kNow));
  expectTypesChecked(first(kNow));
  expectRefused(call({}), "LULLARG");
  expectRefused(call({"noon", "boot-a", "5000", "boot", "", "", ""}), "LULLARG");
  expectRefused(call({text(kNow), "boot-a", "", "boot", "", "", ""}), "LULLARG");
  expectRefused(call({text(kNow), "boot-a", "5000", "mine", "", "", ""}), "LULLARG");
  expectRefused(call({text(kNow), "boot-a", "5000", "boot", "1", "", "1"}), "LULLARG");
}

TEST_F(ClockScript, GoesOnWhenRedisIsFull) {
  fillUp();
  Replica replica{"boot-a", 5000};
  EXPECT_EQ(ask(replica), kNow);
  real_ += 5;
  EXPECT_EQ(ask(replica), kNow + 5);
}

}  // namespace
}  // namespace lull::redis
