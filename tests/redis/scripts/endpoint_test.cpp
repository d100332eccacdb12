#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EndpointScripts : public ScriptHarness {
 protected:
  Call createCall(const std::string& id, const std::string& blob, const std::string& fingerprint,
                  std::int64_t now = kNow) const {
    return {"endpoint_create",
            {names_.meta(), names_.registrations(), names_.state(id), names_.createdBy(), names_.createdByOrder(),
             names_.queueOwners()},
            {id, blob, "3", "1", text(now), fingerprint, "86400000", "k", "2", "0", "0", ""}};
  }
  Call removeCall(const std::string& id, const std::string& version = "") const {
    return {"endpoint_remove",
            {names_.meta(),         names_.registrations(), names_.wakeIndex(),   names_.counters(),
             names_.queue(id),      names_.messages(id),    names_.leases(id),    names_.state(id),
             names_.history(id),    names_.attempts(id),    names_.letters(id),   names_.deletedNames(),
             names_.behind(id),     names_.heads(id),       names_.setAside(id),  names_.attemptCounts(id),
             names_.mailboxNames(), names_.mailboxCalls(),  names_.unlockIndex(), names_.mailed(),
             names_.queueOwners()},
            {id, version, "name of " + id, text(kNow), "any", ""}};
  }
  Call registryCall(const std::string& revision, const Words& ids) const {
    Call call{"registry", {names_.meta(), names_.registrations()}, {revision}};
    for (const auto& id : ids) {
      call.keys.push_back(names_.state(id));
      call.arguments.push_back(id);
    }
    return call;
  }
  std::string revision() { return field(names_.meta(), "rev"); }
  Words texts(const Reply& reply) {
    Words found;
    for (const auto& item : reply.items) found.push_back(item.text);
    return found;
  }
};

TEST_F(EndpointScripts, CreatingStoresTheRegistrationAndRaisesTheRevision) {
  const auto reply = run(createCall("a", "blob", ""));
  EXPECT_EQ(reply.items.at(0).integer, 1);
  EXPECT_EQ(revision(), "1");
  EXPECT_THAT(texts(run(registryCall("", {"a"}))), ElementsAre("1", "", "a", "blob", "1", "", "3", "", ""));
  EXPECT_EQ(state("a", "mask"), "3");
  EXPECT_EQ(redis({"EXISTS", names_.createdBy()}).integer, 0) << "no Idempotency-Key, nothing kept for it";
}

TEST_F(EndpointScripts, NoMoreAreCreatedThanMayBeButAReplayIsAnswered) {
  run(createCall("a", "blob", "fingerprint"));
  run(createCall("b", "blob", ""));
  const auto before = snapshot();
  EXPECT_EQ(run(createCall("c", "blob", "")).items.at(0).integer, 2);
  EXPECT_EQ(run(createCall("c", "blob", "fingerprint")).items.at(0).integer, 0);
  EXPECT_EQ(snapshot(), before);
  run(removeCall("b"));
  EXPECT_EQ(run(createCall("c", "blob", "")).items.at(0).integer, 1);
}

TEST_F(EndpointScripts, ADisabledEndpointStartsPausedByItsOperator) {
  createEndpoint("a", 15, false);
  EXPECT_THAT(texts(run(registryCall("", {"a"}))),
              ElementsAre("1", "", "a", "blob of a", "1", "operator", "15", "", ""));
  EXPECT_EQ(state("a", "pausedSince"), text(kNow));
  put("1n1", kNow);
  EXPECT_THAT(claim(kNow, {"a"}).claims, IsEmpty());
}

TEST_F(EndpointScripts, AnIdempotencyKeyReplaysWhatItCreatedFirst) {
  run(createCall("a", "blob", "fingerprint"));
  const auto before = snapshot();
  const auto reply = run(createCall("b", "other", "another one"));
  EXPECT_EQ(reply.items.at(0).integer, 0);
  EXPECT_EQ(reply.items.at(1).text + reply.items.at(2).text, "fingerprintablob");
  EXPECT_EQ(run(createCall("b", "other", "fingerprint")).items.at(2).text, "ablob");
  EXPECT_EQ(snapshot(), before);
}

TEST_F(EndpointScripts, AnIdempotencyKeyIsForgottenByTheFleetsClockOnly) {
  run(createCall("a", "blob", "fingerprint"));
  EXPECT_EQ(redis({"TTL", names_.createdBy()}).integer, -1) << "a jump of the server's clock forgets nothing";
  EXPECT_EQ(run(createCall("b", "other", "fingerprint", kNow + 86'399'999)).items.at(2).text, "ablob");
  EXPECT_EQ(run(createCall("b", "other", "fingerprint", kNow + 86'400'000)).items.at(0).integer, 1);
  run(removeCall("a"));
  run(createCall("c", "other", "", kNow + 2 * 86'400'000));
  EXPECT_EQ(redis({"EXISTS", names_.createdBy(), names_.createdByOrder()}).integer, 0) << "nothing is kept for ever";
}

TEST_F(EndpointScripts, AnIdThatExistsIsRefused) {
  run(createCall("a", "blob", ""));
  expectRefused(createCall("a", "blob", ""), "LULLEXISTS");
}

TEST_F(EndpointScripts, AFullRedisRefusesCreatingAndReplacing) {
  createEndpoint("a");
  fillUp();
  expectRefused(createCall("b", "blob", "fingerprint"), "OOM");
  expectRefused(replaceCall("a", 1, true, kNow), "OOM");
}

TEST_F(EndpointScripts, ReplacingRaisesTheVersionAndRefusesAnOldOne) {
  createEndpoint("a");
  auto call = replaceCall("a", 1, true, kNow);
  call.arguments[1] = "new blob";
  EXPECT_EQ(run(call).items.at(0).integer, 2);
  EXPECT_THAT(texts(run(registryCall("", {"a"}))), ElementsAre("2", "", "a", "new blob", "2", "", "1", "", ""));
  const auto before = snapshot();
  EXPECT_EQ(run(call).items.at(0).integer, -1) << "version 1 is stale";
  EXPECT_EQ(run(replaceCall("unknown", 1, true, kNow)).items.at(0).integer, -2);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(EndpointScripts, DisablingStopsClaimsAndKeepsTheQueueUntilItIsEnabled) {
  createEndpoint("a");
  put("1n1", kNow);
  replaceEndpoint("a", 15, false, kNow + 1);
  EXPECT_THAT(claim(kNow + 2, {"a"}).claims, IsEmpty());
  put("1n2", kNow + 3);
  replaceEndpoint("a", 15, true, kNow + 1'001);
  EXPECT_EQ(state("a", "pausedTotal"), "1000");
  EXPECT_EQ(claim(kNow + 1'001, {"a"}).claims.size(), 2U);
}

TEST_F(EndpointScripts, DisablingKeepsAnEarlierReasonAndItsTime) {
  createEndpoint("a");
  put("1n1", kNow);
  settleOne({.action = "h", .claim = claimOne("a", kNow), .flags = kAnswered, .pause = "gone|Paused."}, kNow + 5);
  replaceEndpoint("a", 15, false, kNow + 900);
  EXPECT_EQ(state("a", "paused"), "gone");
  EXPECT_EQ(state("a", "pausedSince"), text(kNow + 5));
}

TEST_F(EndpointScripts, EnablingClearsParkAndBreakerAndMakesHeldBackMessagesDue) {
  createEndpoint("a");
  settings_.failures = 1;
  put("1n1", kNow);
  const auto claimed = claimOne("a", kNow);
  park("a", "1n2", kNow + 90'000);
  settleOne({.action = "r", .claim = claimed, .due = kNow + 60'000}, kNow);
  ASSERT_NE(state("a", "openUntil"), "");
  ASSERT_NE(state("a", "gate"), "");
  auto call = replaceCall("a", 15, true, kNow + 10);
  call.arguments[3] = "2";  // said to be enabled: try again at once
  ASSERT_EQ(run(call).items.at(0).integer, 2);
  for (const auto* name : {"openUntil", "gate", "ramp", "fails", "paused"}) EXPECT_EQ(state("a", name), "") << name;
  EXPECT_EQ(claim(kNow + 10, {"a"}).claims.size(), 2U);
}

TEST_F(EndpointScripts, EnablingWorksWhileTheBreakersProbeHoldsTheOnlyMessage) {
  createEndpoint("a");
  settings_.failures = 1;
  put("1n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow}, kNow);
  ASSERT_NE(state("a", "openUntil"), "");
  ASSERT_EQ(claimOne("a", kNow + settings_.probe).key, "1n1");
  auto call = replaceCall("a", 15, true, kNow + settings_.probe);
  call.arguments[3] = "2";  // said to be enabled: try again at once
  EXPECT_EQ(run(call).items.at(0).integer, 2);
  EXPECT_EQ(state("a", "openUntil"), "");
}

TEST_F(EndpointScripts, EditingARunningEndpointLeavesParkAndBreakerAlone) {
  createEndpoint("a");
  settings_.failures = 1;
  put("1n1", kNow);
  const auto claimed = claimOne("a", kNow);
  park("a", "1n2", kNow + 90'000);
  settleOne({.action = "r", .claim = claimed, .due = kNow + 1}, kNow);
  const auto openUntil = state("a", "openUntil");
  replaceEndpoint("a", 15, true, kNow + 10);
  EXPECT_EQ(state("a", "openUntil"), openUntil);
  EXPECT_EQ(state("a", "gate"), text(kNow + 90'000));
  EXPECT_THAT(claim(kNow + 10, {"a"}).claims, IsEmpty());
}

TEST_F(EndpointScripts, RemovingCancelsTheWholeQueueAndKeepsTheLetters) {
  createEndpoint("a");
  letter("a", "1n9", kNow);
  put("1n1", kNow);
  put("1n2", kNow);
  const auto leased = claim(kNow, {"a"}, 1, 1).claims.at(0);
  put(leased.key, kNow + 1);  // its successor
  EXPECT_EQ(run(removeCall("a")).integer, 3);
  EXPECT_EQ(counter("cancelled"), 3);
  EXPECT_TRUE(letterOf("a", "1n9"));
  for (const auto& key : {names_.queue("a"), names_.messages("a"), names_.leases("a"), names_.state("a"),
                          names_.history("a"), names_.attempts("a")}) {
    EXPECT_EQ(redis({"EXISTS", key}).integer, 0) << key;
  }
  EXPECT_EQ(settle({{.action = "c", .claim = leased}}, kNow), std::make_pair(std::int64_t{0}, std::int64_t{1}));
  const auto before = snapshot();
  EXPECT_EQ(run(removeCall("a")).integer, -2);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(EndpointScripts, RemovingRefusesAnOldVersion) {
  createEndpoint("a");
  run(replaceCall("a", 1, true, kNow));
  const auto before = snapshot();
  EXPECT_EQ(run(removeCall("a", "1")).integer, -1);
  EXPECT_EQ(snapshot(), before);
  EXPECT_EQ(run(removeCall("a", "2")).integer, 0);
  EXPECT_EQ(run(removeCall("a", "2")).integer, -2);
  EXPECT_EQ(run(replaceCall("a", 2, true, kNow)).items.at(0).integer, -2);
}

TEST_F(EndpointScripts, RemovingAThousandMessagesWorksWhenRedisIsFull) {
  createEndpoint("a");
  std::vector<Admitted> events;
  for (const auto& key : manyKeys(1000)) events.push_back({.key = key});
  admit(events, kNow);
  fire(kNow, 1000, 1000);
  fillUp();
  EXPECT_EQ(run(removeCall("a")).integer, 1000);
  EXPECT_THAT(texts(run(registryCall("", {}))), ElementsAre("2", ""));
}

TEST_F(EndpointScripts, TheRegistryNamesEveryIdUnlessTheRevisionIsKnown) {
  redis({"HSET", names_.meta(), "born", "17"});
  EXPECT_THAT(texts(run(registryCall("", {}))), ElementsAre("0", "17"));
  for (const auto& id : manyKeys(1000)) createEndpoint(id);
  EXPECT_EQ(run(registryCall("", {})).items.size(), 1002U);
  EXPECT_THAT(texts(run(registryCall("1000", {}))), ElementsAre("1000", "17"));
  EXPECT_EQ(run(registryCall("", manyKeys(1000))).items.size(), 7002U);
  EXPECT_THAT(texts(run(registryCall("", {"unknown"}))), ElementsAre("1000", "17"));
}

TEST_F(EndpointScripts, KeysOfAnotherTypeAreRefused) {
  createEndpoint("a");
  letter("a", "1n9", kNow);
  put("1n1", kNow);
  expectTypesChecked(createCall("b", "blob", "fingerprint"));
  expectTypesChecked(replaceCall("a", 1, true, kNow));
  expectTypesChecked(removeCall("a"));
  expectTypesChecked(registryCall("", {"a"}));
}

TEST_F(EndpointScripts, WrongArgumentsAreRefused) {
  createEndpoint("a");
  for (const auto& good : {createCall("b", "blob", "f"), replaceCall("a", 1, true, kNow), removeCall("a"),
                           registryCall("", {"a"}), registryCall("", {})}) {
    auto bad = good;
    bad.arguments.pop_back();
    expectRefused(bad, "LULLARG");
    bad = good;
    bad.arguments.push_back("more");
    expectRefused(bad, "LULLARG");
    bad.arguments.clear();
    expectRefused(bad, "LULLARG");
  }
  auto bad = createCall("b", "blob", "f");
  bad.arguments[2] = "mask";
  expectRefused(bad, "LULLARG");
  bad = replaceCall("a", 1, true, kNow);
  bad.arguments[4] = "now";
  expectRefused(bad, "LULLARG");
}

}  // namespace
}  // namespace lull::redis
