#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kDay = 24 * 3600 * 1000;

/// The scripts of jobs, and what those that move letters do for them.
class JobScripts : public ScriptHarness {
 protected:
  JobScripts() { createEndpoint("a"); }

  Call markCall() const { return {"jobs_mark", {names_.meta(), names_.letterIndex()}, {}}; }
  Call createCall(const std::string& number, const std::string& most = "100") const {
    return {"job_create", {names_.meta(), names_.jobOrder(), names_.jobs()}, {number, text(kNow), "order", "5", most}};
  }
  Call takeCall(std::int64_t now, const std::string& token) const {
    return {"job_take", {names_.meta(), names_.jobOrder(), names_.jobs()}, {text(now), token, "3000"}};
  }
  Call advanceCall(const std::string& number, const std::string& token, const std::string& state,
                   const std::string& skipped = "0") const {
    return {"job_advance",
            {names_.meta(), names_.jobs()},
            {number, token, text(kNow + 9), state, "place of " + token, skipped}};
  }
  Call cancelCall(const std::string& number) const {
    return {"job_cancel", {names_.meta(), names_.jobs()}, {number, text(kNow + 9)}};
  }
  Call pageCall(const Words& arguments) const { return {"jobs_page", {names_.jobOrder(), names_.jobs()}, arguments}; }
  Call forgetCall(std::int64_t now) const {
    return {"retries_forget", {names_.meta(), names_.groups(), names_.retried()}, {text(now), "0", "100"}};
  }

  /// Starts a job that the process "me" runs; its letters are those that are there now.
  std::int64_t startJob() {
    const auto number = run(markCall()).items.at(0).integer;
    EXPECT_EQ(run(createCall(text(number))).integer, 1);
    run(takeCall(kNow, "me"));
    return number;
  }
  Words taken(std::int64_t now, const std::string& token) {
    Words numbers;
    const auto reply = run(takeCall(now, token));
    for (std::size_t i = 0; i + 3 < reply.items.size(); i += 4) numbers.push_back(reply.items[i].text);
    return numbers;
  }
  std::string of(std::int64_t job, const std::string& name) { return field(names_.jobs(), text(job) + "|" + name); }
  std::string retried(const std::string& group) { return field(names_.retried(), group); }
  Reply retry(const Words& keys, std::int64_t now, std::int64_t job, const std::string& token) {
    mover_ = {job, token};
    Words arguments{"a", text(now), "5000", "0", "1000", "1000000"};
    for (const auto& word : seenLetters("a", keys)) arguments.push_back(word);
    return run(letterCall("letters_retry", "a", arguments));
  }
  std::int64_t purge(const Words& keys, std::int64_t job, const std::string& token) {
    mover_ = {job, token};
    Words arguments{"a", "purged"};
    for (const auto& word : seenLetters("a", keys)) arguments.push_back(word);
    return run(letterCall("letters_remove", "a", arguments)).integer;
  }
  void failAgain(std::int64_t now) { settleOne({.action = "b", .claim = claimOne("a", now)}, now); }
};

TEST_F(JobScripts, TheNumberOfAJobIsBehindAllDeathsBeforeItAndBeforeAllAfterIt) {
  EXPECT_EQ(run(markCall()).items.at(1).text, "") << "there are no letters";
  letter("a", "1n1", kNow);
  const auto mark = run(markCall());
  letter("a", "1n2", kNow);
  letter("a", "1n1", kNow);
  EXPECT_EQ(mark.items.at(1).text, text(kNow));
  EXPECT_GT(letterOf("a", "1n2")->death, static_cast<std::uint64_t>(mark.items.at(0).integer));
  EXPECT_GT(letterOf("a", "1n1")->death, static_cast<std::uint64_t>(mark.items.at(0).integer)) << "it died again";
  EXPECT_LT(letterOf("a", "1n1")->number, static_cast<std::uint64_t>(mark.items.at(0).integer));
}

TEST_F(JobScripts, AJobIsRunByOneProcessUntilItsLeaseEnds) {
  run(createCall("7"));
  EXPECT_THAT(taken(kNow, "me"), ElementsAre("7"));
  EXPECT_THAT(taken(kNow + 1000, "me"), ElementsAre("7")) << "renews";
  EXPECT_THAT(taken(kNow + 3999, "you"), IsEmpty());
  EXPECT_THAT(taken(kNow + 4000, "you"), ElementsAre("7"));
  EXPECT_THAT(taken(kNow + 4001, "me"), IsEmpty());
  EXPECT_EQ(run(advanceCall("7", "me", "running", "3")).integer, 0) << "it has lost it";
  EXPECT_EQ(run(advanceCall("7", "you", "running", "2")).integer, 1);
  const auto reply = run(takeCall(kNow + 4002, "you"));
  EXPECT_EQ(reply.items.at(1).text, "order");
  EXPECT_EQ(reply.items.at(2).text, "5");
  EXPECT_EQ(reply.items.at(3).text, "place of you");
  EXPECT_EQ(of(7, "skipped"), "2");
}

TEST_F(JobScripts, AtItsEndEverythingThatItDidNotMoveCountsAsSkipped) {
  run(createCall("7"));
  run(takeCall(kNow, "me"));
  redis({"HSET", names_.jobs(), "7|done", "3"});
  EXPECT_EQ(run(advanceCall("7", "me", "done", "1")).integer, 1);
  EXPECT_EQ(of(7, "state"), "done");
  EXPECT_EQ(of(7, "skipped"), "2") << "one was left alone, one was gone";
  EXPECT_EQ(of(7, "ended"), text(kNow + 9));
  EXPECT_THAT(taken(kNow + 99'999, "you"), IsEmpty());
  EXPECT_EQ(run(advanceCall("7", "me", "done")).integer, 0);
}

TEST_F(JobScripts, ACancelledJobMovesNothingMore) {
  letter("a", "1n1", kNow);
  const auto job = startJob();
  EXPECT_EQ(run(cancelCall(text(job))).integer, 1);
  EXPECT_EQ(of(job, "state"), "cancelled");
  const auto before = snapshot();
  EXPECT_EQ(retry({"1n1"}, kNow, job, "me").items.at(0).integer, -2);
  EXPECT_EQ(purge({"1n1"}, job, "me"), -1);
  EXPECT_EQ(run(cancelCall(text(job))).integer, 0) << "it has ended";
  EXPECT_EQ(run(cancelCall("99")).integer, -1);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(JobScripts, ALetterIsCountedInTheStepThatMovesIt) {
  for (const auto* key : {"1n1", "1n2", "1n3"}) letter("a", key, kNow);
  const auto job = startJob();
  EXPECT_EQ(retry({"1n1"}, kNow, job, "you").items.at(0).integer, -2) << "another process runs it";
  EXPECT_EQ(of(job, "done"), "0");
  EXPECT_EQ(retry({"1n1", "1n2"}, kNow + 5, job, "me").items.at(0).integer, 2);
  EXPECT_EQ(of(job, "done"), "2");
  EXPECT_EQ(purge({"1n3"}, job, "me"), 1);
  EXPECT_EQ(of(job, "done"), "3");
  EXPECT_EQ(message("a", "1n1")->origin, text(job) + "|00050000");
}

TEST_F(JobScripts, WhatDiesAgainCountsForTheJobAndForTheGroupThatItCameFrom) {
  letter("a", "1n1", kNow);
  const auto job = startJob();
  retry({"1n1"}, kNow + 5, job, "me");
  EXPECT_EQ(retried("a|00050000"), text(job) + "|" + text(kNow + 5) + "|1|0");
  put("1n1", kNow + 6);  // newer content is merged into it
  const auto held = claimOne("a", kNow + 6);
  settleOne({.action = "b", .claim = held, .code = 404}, kNow + 6);
  EXPECT_EQ(of(job, "failedAgain"), "1");
  for (const auto* group : {"a|00050000", "a", "1"})
    EXPECT_EQ(retried(group), text(job) + "|" + text(kNow + 5) + "|1|1") << group;
  EXPECT_EQ(retried("a|00040400"), "") << "no retry took letters of that group";
  EXPECT_EQ(letterOf("a", "1n1")->number, 3U) << "a new letter";
  letter("a", "1n1", kNow + 9);
  EXPECT_EQ(of(job, "failedAgain"), "1") << "that message was not its";
}

TEST_F(JobScripts, ADayAfterItsEndAJobCountsNoMore) {
  for (const auto* key : {"1n1", "1n2"}) letter("a", key, kNow);
  const auto job = startJob();
  retry({"1n1", "1n2"}, kNow, job, "me");
  run(advanceCall(text(job), "me", "done"));
  const auto held = claim(kNow, {"a"}).claims;
  settleOne({.action = "b", .claim = held.at(0)}, kNow + 9 + kDay);
  EXPECT_EQ(of(job, "failedAgain"), "1");
  settleOne({.action = "b", .claim = held.at(1)}, kNow + 10 + kDay);
  EXPECT_EQ(of(job, "failedAgain"), "1");
}

TEST_F(JobScripts, AnyRetryIsTheLastOneOfItsGroupsUnderOneNumber) {
  for (const auto* key : {"1n1", "1n2", "1n3"}) letter("a", key, kNow);
  const auto number = retry({"1n1"}, kNow + 1, 0, "").items.at(4).integer;
  EXPECT_EQ(number, 4);
  retry({"1n2"}, kNow + 2, number, "");
  EXPECT_EQ(retried("a|00050000"), "4|" + text(kNow + 1) + "|2|0") << "one retry in two calls";
  settleOne({.action = "b", .claim = claim(kNow + 3, {"a"}).claims.at(0)}, kNow + 3);
  EXPECT_EQ(retried("a"), "4|" + text(kNow + 1) + "|2|1");
  retry({"1n3"}, kNow + 4, 0, "");
  EXPECT_EQ(retried("a"), "6|" + text(kNow + 4) + "|1|0") << "the last one only";
}

TEST_F(JobScripts, ARevivedMessageOfALaneSaysItsRetryToo) {
  createLanes("one", Lanes::Item);
  const auto sequence = tell({"1s1"}, kNow).front();
  settleOne({.action = "b", .claim = claimOne("one", kNow)}, kNow);
  const auto key = MessageKey{"1s1", sequence}.packed();
  Words arguments{"one", text(kNow), "5000", "0", "1000", "1000000"};
  for (const auto& word : seenLetters("one", {key})) arguments.push_back(word);
  run(letterCall("letters_retry", "one", arguments));
  settleOne({.action = "b", .claim = claimOne("one", kNow)}, kNow);
  EXPECT_EQ(retried("one"), "2|" + text(kNow) + "|1|1");
}

TEST_F(JobScripts, TheOldestJobThatHasEndedMakesRoom) {
  for (const auto* number : {"1", "2", "3"}) EXPECT_EQ(run(createCall(number, "3")).integer, 1);
  EXPECT_EQ(run(createCall("4", "3")).integer, 0) << "all are running";
  run(cancelCall("2"));
  EXPECT_EQ(run(createCall("4", "3")).integer, 1);
  EXPECT_THAT(taken(kNow, "me"), ElementsAre("1", "3", "4"));
  EXPECT_EQ(of(2, "state"), "");
  EXPECT_EQ(of(2, "order"), "");
  run(cancelCall("1"));
  run(cancelCall("3"));
  EXPECT_EQ(run(createCall("5", "3")).integer, 1);
  EXPECT_EQ(of(1, "state"), "");
  EXPECT_EQ(of(3, "state"), "cancelled") << "one is enough";
}

TEST_F(JobScripts, PagesShowTheNewestFirst) {
  for (const auto* number : {"1", "2", "3"}) run(createCall(number));
  const auto numbers = [&](const Words& arguments) {
    Words found;
    const auto reply = run(pageCall(arguments));
    for (std::size_t i = 0; i + 8 < reply.items.size(); i += 9) found.push_back(reply.items[i].text);
    return found;
  };
  EXPECT_THAT(numbers({"+inf", "-inf", "2"}), ElementsAre("3", "2"));
  EXPECT_THAT(numbers({"(2", "-inf", "2"}), ElementsAre("1"));
  EXPECT_THAT(numbers({"2", "2", "1"}), ElementsAre("2"));
  const auto one = run(pageCall({"2", "2", "1"}));
  EXPECT_EQ(one.items.at(1).text, "order");
  EXPECT_EQ(one.items.at(2).text, "running");
  EXPECT_EQ(one.items.at(8).text, "") << "it has not ended";
}

TEST_F(JobScripts, RetriesOfEmptyGroupsAreForgottenADayLater) {
  for (const auto* key : {"1n1", "1n2"}) letter("a", key, kNow);
  retry({"1n1"}, kNow, 0, "");
  redis({"HSET", names_.retried(), "b", "unreadable", "b|00050000", "3|" + text(kNow) + "|1|0", "b2",
         "3|" + text(kNow) + "|1|0"});
  EXPECT_EQ(run(forgetCall(kNow + kDay)).items.at(1).integer, 1) << "what cannot be read";
  EXPECT_EQ(run(forgetCall(kNow + kDay + 1)).items.at(1).integer, 2) << "b has no letters";
  EXPECT_EQ(redis({"HLEN", names_.retried()}).integer, 3) << "a still has one; that of the change type is kept";
}

TEST_F(JobScripts, AJobGoesOnWhenRedisIsFull) {
  letter("a", "1n1", kNow);
  const auto job = startJob();
  fillUp();
  EXPECT_THAT(taken(kNow + 1, "me"), ElementsAre(text(job)));
  EXPECT_EQ(retry({"1n1"}, kNow + 1, job, "me").items.at(0).integer, 1);
  EXPECT_EQ(run(advanceCall(text(job), "me", "running")).integer, 1);
  EXPECT_EQ(run(cancelCall(text(job))).integer, 1);
  EXPECT_FALSE(run(markCall()).isError());
  EXPECT_TRUE(run(createCall("99")).isError());
  EXPECT_FALSE(run(forgetCall(kNow)).isError());
}

TEST_F(JobScripts, CountsThatCannotBeReadBeginAnew) {
  for (const auto* key : {"1n1", "1n2"}) letter("a", key, kNow);
  const auto job = startJob();
  redis({"HSET", names_.jobs(), text(job) + "|done", "many", text(job) + "|failedAgain", "few"});
  redis({"HSET", names_.retried(), "a", "unreadable"});
  EXPECT_EQ(retry({"1n1"}, kNow, job, "me").items.at(0).integer, 1);
  EXPECT_EQ(of(job, "done"), "1");
  failAgain(kNow + 1);
  EXPECT_EQ(of(job, "failedAgain"), "1");
  EXPECT_EQ(retried("a"), text(job) + "|" + text(kNow) + "|1|1");
}

TEST_F(JobScripts, WrongInputIsRefused) {
  letter("a", "1n1", kNow);
  const auto job = text(startJob());
  for (const auto& call : {markCall(), createCall("9"), takeCall(kNow, "me"), advanceCall(job, "me", "running"),
                           cancelCall(job), pageCall({"+inf", "-inf", "9"}), forgetCall(kNow)})
    expectTypesChecked(call);
  const auto with = [](Call call, std::size_t place, const std::string& argument) {
    call.arguments.at(place) = argument;
    return call;
  };
  expectRefused(with(createCall("9"), 0, "x"), "LULLARG");
  expectRefused(with(createCall("9"), 3, "-1"), "LULLARG");
  expectRefused(with(takeCall(kNow, "me"), 1, ""), "LULLARG");
  expectRefused(with(takeCall(kNow, "me"), 1, "a|b"), "LULLARG");
  expectRefused(with(advanceCall(job, "me", "running"), 3, "cancelled"), "LULLARG");
  expectRefused(with(advanceCall(job, "me", "running"), 5, "x"), "LULLARG");
  expectRefused(with(cancelCall(job), 1, "x"), "LULLARG");
  expectRefused(with(pageCall({"+inf", "-inf", "9"}), 2, "x"), "LULLARG");
  expectRefused(with(forgetCall(kNow), 1, "x"), "LULLARG");
  mover_ = {-1, ""};
  expectRefused(letterCall("letters_remove", "a", {"a", "purged", "1n1", "1"}), "LULLARG");
  expectRefused(letterCall("letters_retry", "a", {"a", text(kNow), "5000", "0", "1000", "1000000"}), "LULLARG");
}

}  // namespace
}  // namespace lull::redis
