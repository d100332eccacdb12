// The signs of life: clock.lua renews them, takeover.lua frees the leases of processes that give none.
#include "harness.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kSignTtl = 2000;

/// A process, as far as it gives signs.
struct Signer {
  std::string nonce;
  std::string sign{};
  Words known = {"", "", ""};
  // The last answer:
  bool held = false;
  std::int64_t nextLapse = -1;
  Words gone{};
  std::int64_t slot() const { return std::stoll("0" + sign.substr(0, sign.find(':'))); }
};

class SignScripts : public ScriptHarness {
 protected:
  SignScripts() { redis({"HSET", names_.meta(), "run", "run-a", "signRun", "run-a"}); }

  Call renewal(const Signer& signer) const {
    return {"clock",
            {names_.meta(), names_.signs()},
            {text(real_ + step_), "boot-a", text(boot()), "boot", signer.known[0], signer.known[1], signer.known[2],
             signer.sign, signer.nonce, text(kSignTtl)}};
  }
  /// Asks for the time, and so renews the sign.
  void renew(Signer& signer) {
    const auto reply = run(renewal(signer));
    ASSERT_FALSE(reply.isError()) << reply.text;
    fleet_ = reply.items.at(0).integer;
    signer.known = {text(fleet_), text(reply.items.at(1).integer), text(boot())};
    signer.sign = reply.items.at(4).text;
    signer.held = reply.items.at(5).integer == 1;
    signer.nextLapse = reply.items.at(6).integer;
    signer.gone.clear();
    for (std::size_t i = 7; i < reply.items.size(); ++i) signer.gone.push_back(reply.items[i].text);
  }
  /// `seconds` pass in which these renew their signs every second.
  void live(const std::vector<Signer*>& signers, int seconds) {
    for (int i = 0; i < seconds; ++i) {
      real_ += 1000;
      for (auto* signer : signers) renew(*signer);
    }
  }

  Call takeOverCall(const std::string& sign, const Signer& taker, const Words& ids, bool last) const {
    Call call{"takeover",
              {names_.meta(), names_.signs(), names_.wakeIndex()},
              {text(fleet_), sign, taker.sign, last ? "1" : "0"}};
    for (const auto& id : ids) {
      call.keys.insert(call.keys.end(), {names_.leases(id), names_.state(id)});
      call.arguments.push_back(id);
    }
    return call;
  }
  struct Freed {
    std::int64_t leases = 0;
    std::string sign;
    std::int64_t endpoints = 0;
    bool operator==(const Freed&) const = default;
  };
  Freed takeOver(const std::string& sign, const Signer& taker, const Words& ids, bool last = true) {
    const auto reply = run(takeOverCall(sign, taker, ids, last));
    EXPECT_FALSE(reply.isError()) << reply.text;
    if (reply.isError()) return {};
    return {reply.items.at(0).integer, reply.items.at(1).text, reply.items.at(2).integer};
  }
  static Freed nothing(const std::string& sign) { return {-1, sign, 0}; }

  /// A message that this process claims.
  Claimed claimAs(const Signer& signer, const std::string& id, const std::string& key) {
    put(key, real_);
    settings_.slot = signer.slot();
    return claimOne(id, real_);
  }
  Words signs() { return words(redis({"ZRANGE", names_.signs(), "0", "-1"})); }
  static Words words(const Reply& reply) {
    Words found;
    for (const auto& item : reply.items) found.push_back(item.text);
    return found;
  }
  std::int64_t boot() const { return 5000 + real_ - kNow; }

  std::int64_t real_ = kNow;
  std::int64_t step_ = 0;   // how far the server's clock is ahead
  std::int64_t fleet_ = 0;  // of the last answer
  Signer one_{"a"}, two_{"b"};
};

TEST_F(SignScripts, EveryProcessGetsASlotOfItsOwnAndKeepsIt) {
  renew(one_);
  renew(two_);
  EXPECT_EQ(one_.sign, "1:a");
  EXPECT_EQ(two_.sign, "2:b");
  EXPECT_EQ(score(names_.signs(), "1:a"), kNow + kSignTtl);
  live({&one_, &two_}, 3);
  EXPECT_EQ(one_.sign, "1:a");
  EXPECT_EQ(two_.sign, "2:b");
  EXPECT_EQ(score(names_.signs(), "1:a"), kNow + 3000 + kSignTtl);
  EXPECT_THAT(one_.gone, IsEmpty());
}

TEST_F(SignScripts, SlotsAreGivenOutInTurnAndThoseInUsePassedOver) {
  redis({"HSET", names_.meta(), "signSlot", "1021"});
  redis({"ZADD", names_.signs(), text(kNow - 5), "1022:gone", text(kNow + 5), "1:there", text(kNow + 5), "no slot"});
  renew(one_);
  EXPECT_EQ(one_.sign, "1023:a");
  renew(two_);
  EXPECT_EQ(two_.sign, "2:b") << "0 is no slot, and 1 is in use";
}

TEST_F(SignScripts, WithoutAFreeSlotThereIsNoSign) {
  Command all{"ZADD", names_.signs()};
  for (int slot = 1; slot <= 1023; ++slot) {
    all.push_back(text(kNow));
    all.push_back(text(slot) + ":x");
  }
  redis(all);
  renew(one_);
  EXPECT_EQ(one_.sign, "");
  EXPECT_EQ(redis({"ZCARD", names_.signs()}).integer, 1023);
  redis({"ZREM", names_.signs(), "77:x"});
  renew(one_);
  EXPECT_EQ(one_.sign, "77:a");
}

TEST_F(SignScripts, ACounterOfSlotsThatIsNoNumberBeginsAnew) {
  redis({"HSET", names_.meta(), "signSlot", "abc", "signHeld", "abc"});
  renew(one_);
  EXPECT_EQ(one_.sign, "1:a");
  EXPECT_FALSE(one_.held);
}

TEST_F(SignScripts, TellsWhichSignsHaveRunOutAndWhenTheNextOneWill) {
  renew(one_);
  real_ += 300;
  renew(two_);
  EXPECT_EQ(two_.nextLapse, kSignTtl - 300);
  live({&two_}, 1);
  EXPECT_EQ(two_.nextLapse, kSignTtl - 1300);
  EXPECT_THAT(two_.gone, IsEmpty());
  real_ += 699;
  renew(two_);
  EXPECT_EQ(two_.nextLapse, 1);
  real_ += 1;
  renew(two_);
  EXPECT_THAT(two_.gone, ElementsAre("1:a"));
  EXPECT_EQ(two_.nextLapse, -1);
  renew(one_);
  EXPECT_EQ(one_.sign, "1:a") << "nobody took it over, so it is renewed";
  renew(two_);
  EXPECT_THAT(two_.gone, IsEmpty());
}

TEST_F(SignScripts, ASignThatRunsOutInTheFarFutureIsLetRunOut) {
  renew(one_);
  redis(
      {"ZADD", names_.signs(), "+inf", "9:x", text(kNow + 2 * kSignTtl + 1), "8:x", text(kNow + 2 * kSignTtl), "7:x"});
  renew(one_);
  EXPECT_EQ(score(names_.signs(), "9:x"), kNow + kSignTtl);
  EXPECT_EQ(score(names_.signs(), "8:x"), kNow + kSignTtl);
  EXPECT_EQ(score(names_.signs(), "7:x"), kNow + 2 * kSignTtl) << "the clocks of two processes may differ";
  EXPECT_EQ(one_.nextLapse, kSignTtl);
  live({&one_}, 2);
  EXPECT_THAT(one_.gone, UnorderedElementsAre("8:x", "9:x"));
}

TEST_F(SignScripts, NobodyMayTakeOverForATtlAfterAnotherRunIdOfRedis) {
  renew(one_);
  renew(two_);
  EXPECT_FALSE(one_.held);
  redis({"HSET", names_.meta(), "run", "run-b"});
  renew(one_);
  renew(two_);
  EXPECT_TRUE(one_.held);
  EXPECT_TRUE(two_.held) << "whoever asks";
  live({&one_}, 1);
  EXPECT_TRUE(one_.held);
  live({&one_}, 1);
  EXPECT_FALSE(one_.held);
}

TEST_F(SignScripts, NobodyMayTakeOverForATtlAfterAStepOfTheServersClock) {
  for (const std::int64_t step : {501LL, -501LL, 3'600'000LL, -40 * 86'400'000LL}) {
    SCOPED_TRACE(step);
    live({&one_, &two_}, 3);
    EXPECT_FALSE(two_.held);
    step_ += step;
    live({&one_, &two_}, 1);
    EXPECT_TRUE(one_.held);
    EXPECT_TRUE(two_.held);
    EXPECT_THAT(one_.gone, IsEmpty()) << "the fleet's time has not leapt";
    live({&one_, &two_}, 3);
    EXPECT_FALSE(two_.held);
  }
  step_ += 500;
  live({&one_}, 1);
  EXPECT_FALSE(one_.held) << "a call may be under way for so long";
}

TEST_F(SignScripts, NobodyMayTakeOverWhenTheFleetsTimeLeaps) {
  renew(one_);
  renew(two_);
  one_.known = two_.known = {"", "", ""};
  redis({"HDEL", names_.meta(), "clockOwn"});
  step_ = 40LL * 86'400'000;
  live({&one_, &two_}, 1);
  EXPECT_TRUE(one_.held) << "the step is seen, but nobody knows how much time has passed";
  live({&one_, &two_}, 640);
  EXPECT_GE(fleet_, real_ + step_) << "it has leapt";
  EXPECT_FALSE(one_.held);
}

TEST_F(SignScripts, ABootTimeClockThatCannotBeReliedOnSeesNoSteps) {
  renew(one_);
  auto call = renewal(one_);
  call.arguments[2] = text(boot() + 3000);
  call.arguments[3] = "server";
  EXPECT_EQ(run(call).items.at(5).integer, 0);
  call.arguments[3] = "boot";
  EXPECT_EQ(run(call).items.at(5).integer, 1);
}

TEST_F(SignScripts, AHoldInTheFarFutureIsNone) {
  renew(one_);
  redis({"HSET", names_.meta(), "signHeld", "99999999999999"});
  renew(one_);
  EXPECT_FALSE(one_.held);
  EXPECT_EQ(field(names_.meta(), "signHeld"), "") << "takeover.lua does not meet it either";
}

class TakeOverScript : public SignScripts {
 protected:
  TakeOverScript() {
    createEndpoint("a");
    createEndpoint("b");
    renew(one_);
    renew(two_);
  }
};

TEST_F(TakeOverScript, FreesTheLeasesOfOneProcessAndTheNextClaimTakesThemOver) {
  claimAs(one_, "a", "1n1");
  settings_.slot = two_.slot();
  const auto mine = claimOne("b", real_);
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}), (Freed{1, "1:", 2}));
  EXPECT_THAT(signs(), ElementsAre("2:b"));
  const auto reply = claim(real_, {"a", "b"});
  EXPECT_EQ(reply.takenOver, 1);
  ASSERT_EQ(reply.claims.size(), 1U);
  EXPECT_EQ(reply.claims[0].endpoint, "a");
  EXPECT_EQ(reply.claims[0].message.losses, 1U) << "a loss, as an expiry is";
  EXPECT_EQ(reply.claims[0].message.attempts, 2U);
  settleOne({.action = "c", .claim = mine}, real_);
}

TEST_F(TakeOverScript, LeasesThatWereTakenWhileFiringNameTheirProcessToo) {
  settings_.slot = one_.slot();
  permits_ = 10;
  put("1n1", real_);
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}).leases, 2);
  EXPECT_EQ(claim(real_, {"a", "b"}).takenOver, 2);
}

TEST_F(TakeOverScript, LeasesThatWereTakenWhileSettlingNameTheirProcessToo) {
  settings_.slot = one_.slot();
  put("1n1", real_);
  put("1n2", real_);
  const auto first = claim(real_, {"a"}, 1, 1).claims.at(0);
  nextMost_ = 1;
  settleOne({.action = "c", .claim = first}, real_);
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}).leases, 1);
  EXPECT_EQ(claim(real_, {"a"}).claims.at(0).key, "1n2");
}

TEST_F(TakeOverScript, ThatEndpointIsReadyAtOnceAlsoWhenItWasFull) {
  claimAs(one_, "a", "1n1");
  claim(real_, {"a"}, 1);
  live({&two_}, 4);
  EXPECT_THAT(claim(real_, {}).ready, ElementsAre("b"));
  takeOver("1:a", two_, {"a", "b"});
  EXPECT_THAT(claim(real_, {}).ready, ElementsAre("a", "b"));
}

TEST_F(TakeOverScript, AFrozenProcessSettlesUntilTheNextClaimAndIsStaleBehindIt) {
  const auto first = claimAs(one_, "a", "1n1");
  const auto second = claimAs(one_, "a", "1n2");
  live({&two_}, 4);
  takeOver("1:a", two_, {"a", "b"});
  settleOne({.action = "c", .claim = first}, real_);
  EXPECT_EQ(claimOne("a", real_).key, "1n2");
  EXPECT_EQ(settle({{.action = "c", .claim = second}}, real_), std::make_pair(std::int64_t{0}, std::int64_t{1}));
}

TEST_F(TakeOverScript, AProcessThatWasTakenOverGetsAnotherSlot) {
  live({&two_}, 4);
  takeOver("1:a", two_, {"a"}, false);
  EXPECT_THAT(signs(), UnorderedElementsAre("1:", "2:b")) << "its slot is not free before the last call";
  renew(one_);
  EXPECT_EQ(one_.sign, "3:a");
  EXPECT_EQ(takeOver("1:", two_, {"b"}), (Freed{0, "1:", 1}));
  EXPECT_THAT(signs(), UnorderedElementsAre("2:b", "3:a"));
}

TEST_F(TakeOverScript, LeavesAloneWhoGivesItsSignAgain) {
  claimAs(one_, "a", "1n1");
  live({&two_}, 4);
  ASSERT_THAT(two_.gone, ElementsAre("1:a"));
  renew(one_);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}), nothing("1:a"));
  EXPECT_EQ(claim(real_, {"a"}).takenOver, 0);
  EXPECT_EQ(one_.sign, "1:a");
}

TEST_F(TakeOverScript, ATakerThatStoodStillSinceItReadTheTimeTakesNothing) {
  claimAs(one_, "a", "1n1");
  live({&two_}, 4);
  const auto call = takeOverCall("1:a", two_, {"a", "b"}, true);
  live({&one_}, 60);
  EXPECT_EQ(run(call).items.at(0).integer, -1);
}

TEST_F(TakeOverScript, TwoTakersDoNotGetInEachOthersWay) {
  claimAs(one_, "a", "1n1");
  Signer three{"c"};
  renew(three);
  live({&two_, &three}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"a"}, false), (Freed{1, "1:", 1}));
  EXPECT_EQ(takeOver("1:a", three, {"a", "b"}), nothing("1:a"));
  EXPECT_EQ(takeOver("1:", two_, {"b"}), (Freed{0, "1:", 1}));
  EXPECT_EQ(takeOver("1:", three, {"a", "b"}), nothing("1:"));
}

TEST_F(TakeOverScript, DoesNothingWhileNobodyMayTakeOver) {
  claimAs(one_, "a", "1n1");
  live({&two_}, 4);
  redis({"HSET", names_.meta(), "run", "run-b"});
  renew(two_);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}), nothing("1:a"));
  live({&two_}, 2);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}), (Freed{1, "1:", 2}));
}

TEST_F(TakeOverScript, ATombstoneEndsAndItsLaneGoesOn) {
  createLanes("lane", Lanes::Endpoint);
  tell({"1n1", "1n2"}, real_);
  settings_.slot = one_.slot();
  const auto head = claimOne("lane", real_);
  const auto upto = std::to_string(head.message.upto);
  run(queueCall("queue_purge", "lane", {"lane", text(real_), upto, text(real_), "0", head.key, upto, upto}));
  EXPECT_EQ(counter("cancelled"), 1);
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"lane"}).leases, 1);
  EXPECT_EQ(claimOne("lane", real_).message.item, "1n2");
}

TEST_F(TakeOverScript, ALeaseWithoutASlotWaitsForItsExpiry) {
  put("1n1", real_);
  settings_.slot = 0;
  claimOne("a", real_);
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}).leases, 0);
  EXPECT_EQ(claim(kNow + settings_.lease, {"a"}).takenOver, 1);
}

TEST_F(TakeOverScript, APausedEndpointIsTakenOverAndNotWoken) {
  claimAs(one_, "a", "1n1");
  replaceEndpoint("a", 15, false, real_);
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}).leases, 1);
  EXPECT_FALSE(score(names_.wakeIndex(), "a"));
  replaceEndpoint("a", 15, true, real_);
  EXPECT_EQ(claim(real_, {"a"}).takenOver, 1);
}

TEST_F(TakeOverScript, AnEndpointThatWasDeletedMeanwhileIsNothing) {
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"deleted"}), (Freed{0, "1:", 1}));
  EXPECT_FALSE(score(names_.wakeIndex(), "deleted"));
}

TEST_F(TakeOverScript, StopsAtAnEndpointBoundaryWhenThereAreManyLeases) {
  Command many{"ZADD", names_.leases("x")};
  for (int i = 0; i < 2000; ++i) {
    many.push_back("5.5");
    many.push_back("1n" + text(i));
  }
  redis(many);
  live({&two_}, 4);
  EXPECT_EQ(takeOver("1:a", two_, {"x", "a", "b"}), (Freed{0, "1:", 1}));
  EXPECT_THAT(signs(), UnorderedElementsAre("1:", "2:b")) << "it was not the last call after all";
  redis({"DEL", names_.leases("x")});
}

TEST_F(TakeOverScript, WhoOwnsTheStoreAloneFreesTheLeasesOfAllOthers) {
  claimAs(one_, "a", "1n1");
  const auto mine = claimAs(two_, "b", "1n1");
  settings_.slot = 0;
  claim(real_, {"a"});
  put("1n2", real_);
  settings_.slot = 9;  // of a process whose sign is not there at all
  claim(real_, {"b"});
  EXPECT_EQ(takeOver("", two_, {"a"}, false), (Freed{1, "", 1}));
  EXPECT_THAT(signs(), UnorderedElementsAre("1:a", "2:b"));
  EXPECT_EQ(takeOver("", two_, {"b"}).leases, 1);
  EXPECT_THAT(signs(), ElementsAre("2:b"));
  EXPECT_EQ(takeOver("", two_, {"a", "b"}).leases, 0) << "they are free already";
  settleOne({.action = "c", .claim = mine}, real_);
}

TEST_F(TakeOverScript, AProcessThatEndsRemovesItsOwnSign) {
  EXPECT_EQ(takeOver("2:b", two_, {}), (Freed{0, "2:b", 0}));
  EXPECT_THAT(signs(), ElementsAre("1:a"));
}

TEST_F(TakeOverScript, ASignThatCannotBeReadIsRemoved) {
  redis({"ZADD", names_.signs(), "5", "no slot"});
  claimAs(one_, "a", "1n1");
  renew(two_);
  ASSERT_THAT(two_.gone, ElementsAre("no slot"));
  EXPECT_EQ(takeOver("no slot", two_, {"a", "b"}), (Freed{0, "no slot", 2}));
  EXPECT_THAT(signs(), UnorderedElementsAre("1:a", "2:b"));
}

TEST_F(TakeOverScript, LeasesNameTheirProcessWhileADoubleCanHoldIt) {
  const auto slotIn = [&](const std::string& key) {
    const auto score = std::stod(redis({"ZSCORE", names_.leases("a"), key}).text);
    return static_cast<std::int64_t>((score - std::floor(score)) * 1024);
  };
  constexpr std::int64_t kExactUntil = 8'796'093'022'208;
  settings_.slot = 1023;
  put("1n1", kNow);
  claim(kNow, {"a"});
  EXPECT_EQ(slotIn("1n1"), 1023);
  EXPECT_EQ(score(names_.leases("a"), "1n1"), kNow + settings_.lease);
  put("1n2", kExactUntil - settings_.lease);
  claim(kExactUntil - settings_.lease, {"a"});
  EXPECT_EQ(slotIn("1n2"), 1023);
  put("1n3", kExactUntil + 1 - settings_.lease);
  claim(kExactUntil + 1 - settings_.lease, {"a"});
  EXPECT_EQ(slotIn("1n3"), 0);
  EXPECT_EQ(score(names_.leases("a"), "1n3"), kExactUntil + 1);
}

TEST_F(TakeOverScript, WrongInputIsRefusedAndTypesAreChecked) {
  live({&two_}, 4);
  const auto call = takeOverCall("1:a", two_, {"a"}, true);
  expectTypesChecked(call);
  for (const auto& [place, word] : {std::pair{0, "noon"}, {3, "2"}}) {
    auto wrong = call;
    wrong.arguments[static_cast<std::size_t>(place)] = word;
    expectRefused(wrong, "LULLARG");
  }
  auto more = call;
  more.arguments.emplace_back("b");
  expectRefused(more, "LULLARG");
  expectTypesChecked(renewal(two_));
  settings_.slot = 1024;
  expectRefused(claimCall(real_, {"a"}, 1, 1), "LULLARG");
}

TEST_F(TakeOverScript, WorksWhenRedisIsFull) {
  claimAs(one_, "a", "1n1");
  live({&two_}, 4);
  fillUp();
  live({&two_}, 1);
  EXPECT_EQ(takeOver("1:a", two_, {"a", "b"}), (Freed{1, "1:", 2}));
  EXPECT_EQ(claim(real_, {"a"}).takenOver, 1);
}

}  // namespace
}  // namespace lull::redis
