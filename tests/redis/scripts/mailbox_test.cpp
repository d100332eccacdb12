// Each script of mailboxes alone: its reply, what it checks before it writes, and a full Redis. What they do together
// is in tests/redis/mailbox_*_test.cpp.
#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::int64_t kStep = 60'000;
constexpr std::int64_t kSeconds = 1000;

class MailboxScripts : public ScriptHarness {
 protected:
  MailboxScripts() { createMailbox("a", "ada"); }

  Call enrolCall(const std::string& id, const std::string& digest, const std::string& most = "10") const {
    return {"mailbox_enrol",
            {names_.meta(), names_.registrations(), names_.mailboxNames(), names_.mailboxCalls(), names_.state(id)},
            {id, "blob of " + id, text(kNow), digest, "ada", most}};
  }
  Call viewCall(const std::string& whose = "=ada") const {
    return {"mailbox_view",
            {names_.meta(), names_.registrations(), names_.mailboxCalls(), names_.state("a")},
            {"a", text(kNow), whose, text(kStep)}};
  }
  Call subscribeCall(int bit, const std::string& scope, const std::string& whose = "=ada") const {
    return {"mailbox_subscribe",
            {names_.meta(), names_.registrations(), names_.mailboxCalls(), names_.state("a")},
            {"a", text(kNow), whose, text(kStep), text(bit), scope}};
  }
  Call unsubscribeCall(int bit, const std::string& scope, const std::string& cursor = "0") const {
    return {"mailbox_unsubscribe",
            {names_.meta(), names_.registrations(), names_.mailboxCalls(), names_.state("a"), names_.counters(),
             names_.queue("a"), names_.messages("a"), names_.leases("a")},
            {"a", text(kNow), "=ada", text(kStep), text(bit), scope, cursor}};
  }
  Call peekCall(std::int64_t now = kNow, const std::string& whose = "=ada") const {
    return {"mailbox_peek",
            {names_.meta(), names_.counters(), names_.mailboxCalls(), names_.queue("a"), names_.messages("a"),
             names_.leases("a"), names_.state("a")},
            {text(now), whose, text(kStep), "a"}};
  }
  Call lockCall(const std::string& key, std::int64_t now = kNow, const std::string& whose = "=ada") const {
    return {"mailbox_lock",
            {names_.meta(), names_.mailboxCalls(), names_.unlockIndex(), names_.queue("a"), names_.messages("a"),
             names_.leases("a"), names_.state("a")},
            {"a", text(now), whose, text(kStep), key, text(30 * kSeconds), "secret"}};
  }
  Call confirmCall(const std::string& key, std::uint64_t token, std::int64_t now = kNow) const {
    return {"mailbox_confirm",
            {names_.meta(), names_.counters(), names_.mailboxCalls(), names_.queue("a"), names_.messages("a"),
             names_.leases("a"), names_.state("a")},
            {"a", text(now), "=ada", text(kStep), key, std::to_string(token)}};
  }
  Call endCall(std::int64_t now, std::int64_t receives = 0, std::int64_t letters = 10) const {
    return {"mailbox_locks_end",
            {names_.meta(), names_.counters(), names_.unlockIndex(), names_.mailed(), names_.letterIndex(),
             names_.groups(), names_.jobs(), names_.retried(), names_.alertOrder(), names_.alerts(), names_.queue("a"),
             names_.messages("a"), names_.leases("a"), names_.state("a"), names_.letters("a"), names_.letterOrder("a")},
            {text(now), text(receives), text(letters), "a"}};
  }
  Call newsCall(const std::string& mark = "1") const {
    return {"mailbox_news", {names_.meta(), names_.mailed()}, {mark, text(kNow)}};
  }
  void subscribe(int bit, const std::string& scope = "") {
    ASSERT_EQ(run(subscribeCall(bit, scope)).integer, 1);
    endpoints_["a"] |= bit;
  }
  /// The key of the message of a new event.
  std::string mail(const std::string& item = "1n1") { return laneKey("", tell({item}, kNow).at(0)); }
  std::uint64_t lock(const std::string& key, std::int64_t now = kNow) {
    EXPECT_EQ(run(lockCall(key, now)).items.at(0).integer, 1);
    return message("a", key)->token;
  }
  std::vector<Call> everyCall(const std::string& key) const {
    return {enrolCall("b", "digest"), viewCall(),    subscribeCall(2, "AA"),
            unsubscribeCall(1, ""),   peekCall(),    lockCall(key),
            confirmCall(key, 1),      endCall(kNow), newsCall()};
  }
  std::vector<std::int64_t> codes(const Call& call) {
    std::vector<std::int64_t> found;
    for (const auto& item : run(call).items) found.push_back(item.integer);
    return found;
  }
};

TEST_F(MailboxScripts, CheckTheTypesOfAllTheirKeysFirst) {
  subscribe(1);
  for (const auto& call : everyCall(mail())) expectTypesChecked(call);
}

TEST_F(MailboxScripts, RefuseMalformedArguments) {
  subscribe(1);
  for (const auto& call : everyCall(mail())) {
    SCOPED_TRACE(call.script);
    auto few = call;
    few.arguments.pop_back();
    expectRefused(few, "LULLARG");
    auto many = call;
    many.arguments.push_back("1");
    expectRefused(many, "LULLARG");
    auto wrong = call;  // the time
    const auto place = call.script == "mailbox_enrol"                                        ? 2U
                       : call.script == "mailbox_peek" || call.script == "mailbox_locks_end" ? 0U
                                                                                             : 1U;
    wrong.arguments[place] = "noon";
    expectRefused(wrong, "LULLARG");
  }
  for (const auto* bit : {"0", "-1", "x"}) {
    auto call = subscribeCall(1, "");
    call.arguments[4] = bit;
    expectRefused(call, "LULLARG");
  }
  expectRefused(unsubscribeCall(1, "", "x"), "LULLARG");
  auto forever = lockCall("0:0000000000000001");
  forever.arguments[5] = "0";
  expectRefused(forever, "LULLARG");
}

TEST_F(MailboxScripts, NameWhatTheyCannotReadAndWriteNothing) {
  subscribe(1);
  const auto key = mail();
  redis({"HSET", names_.messages("a"), key, "damaged"});
  expectDamaged(peekCall(kNow + kStep), {"message", "a", key});
  expectDamaged(lockCall(key, kNow + kStep), {"message", "a", key});
  expectDamaged(confirmCall(key, 1, kNow + kStep), {"message", "a", key});
  redis({"ZADD", names_.leases("a"), "1", key});
  expectDamaged(endCall(kNow), {"message", "a", key});
  redis({"ZREM", names_.leases("a"), key});
  const auto subs = state("a", "subs");
  redis({"HSET", names_.state("a"), "subs", "damaged"});
  for (const auto& call : everyCall(key)) {
    if (call.script != "mailbox_enrol" && call.script != "mailbox_news") expectDamaged(call, {"state", "a"});
  }
  redis({"HSET", names_.state("a"), "subs", subs});
  redis({"DEL", names_.messages("a"), names_.queue("a"), names_.counters()});
  redis({"HDEL", names_.state("a"), "bytes"});
}

TEST_F(MailboxScripts, EnrolAnswersWithTheOneThatIsThere) {
  EXPECT_THAT(codes(enrolCall("b", "digest")), ElementsAre(1));
  const auto known = run(enrolCall("c", "digest"));
  EXPECT_EQ(known.items.at(0).integer, 0);
  EXPECT_EQ(known.items.at(1).text, "b");
  EXPECT_EQ(redis({"EXISTS", names_.state("c")}).integer, 0);
  EXPECT_THAT(codes(enrolCall("c", "other", "2")), ElementsAre(2));
  redis({"HDEL", names_.registrations(), "b"});
  EXPECT_THAT(codes(enrolCall("c", "digest")), ElementsAre(1)) << "the name of one that is gone is free";
  EXPECT_EQ(field(names_.mailboxNames(), "digest"), "c");
  expectRefused(enrolCall("c", "third"), "LULLEXISTS");
}

TEST_F(MailboxScripts, SubscriptionsChangeTheBitsTheRevisionAndWhatIsAppended) {
  EXPECT_EQ(field(names_.meta(), "every"), "0");
  const auto revision = field(names_.meta(), "rev");
  subscribe(4, "AA");
  EXPECT_EQ(state("a", "mask"), "4");
  EXPECT_EQ(field(names_.meta(), "every"), "4");
  EXPECT_EQ(field(names_.registrations(), "a").substr(0, 5), std::string("\4\0\0\0\4", 5));
  const auto after = field(names_.meta(), "rev");
  EXPECT_NE(after, revision);
  EXPECT_EQ(run(subscribeCall(4, "AA")).integer, 0);
  EXPECT_EQ(run(subscribeCall(4, "")).integer, 1);
  EXPECT_EQ(field(names_.meta(), "rev"), after) << "the bits are the same";
  run(unsubscribeCall(4, "AA"));
  EXPECT_EQ(state("a", "mask"), "4");
  run(unsubscribeCall(4, ""));
  EXPECT_EQ(state("a", "mask"), "0");
  EXPECT_NE(field(names_.meta(), "rev"), after);
  EXPECT_EQ(run(viewCall()).items.at(1).text, "\1");
  EXPECT_THAT(codes(unsubscribeCall(4, "")), ElementsAre(0));
}

TEST_F(MailboxScripts, PeekWritesNothingBetweenTwoCallsThatAreNoted) {
  subscribe(1);
  mail();
  run(peekCall());
  const auto before = snapshot();
  EXPECT_THAT(run(peekCall(kNow + kStep - 1)).items.at(0).items, SizeIs(4));
  EXPECT_EQ(snapshot(), before);
  run(peekCall(kNow + kStep));
  EXPECT_EQ(score(names_.mailboxCalls(), "a"), kNow + kStep);
  EXPECT_THAT(run(peekCall(kNow, "=bob")).items.at(0).items, IsEmpty());
  EXPECT_THAT(run(peekCall(kNow, "")).items.at(0).items, SizeIs(4));
}

TEST_F(MailboxScripts, LockLeavesTheContentAndTheOldPlaceIsKept) {
  subscribe(1);
  const auto key = mail();
  const auto before = message("a", key).value();
  const auto token = lock(key);
  const auto locked = message("a", key).value();
  EXPECT_TRUE(locked.leased());
  EXPECT_EQ(locked.attempts, 1U);
  EXPECT_EQ(locked.due, before.due);
  EXPECT_EQ(locked.data, before.data);
  EXPECT_EQ(score(names_.leases("a"), key), kNow + 30 * kSeconds);
  EXPECT_EQ(score(names_.unlockIndex(), "a"), kNow + 30 * kSeconds);
  EXPECT_EQ(field(names_.meta(), "lockSecret"), "secret");
  auto again = lockCall(key);
  again.arguments.back() = "another secret";
  EXPECT_THAT(codes(again), ElementsAre(-3));
  EXPECT_THAT(codes(lockCall(key, kNow + 30 * kSeconds)), ElementsAre(-5));
  EXPECT_THAT(codes(lockCall("0:00000000000000aa")), ElementsAre(-2));
  EXPECT_THAT(codes(lockCall(key, kNow, "=bob")), ElementsAre(-1));
  EXPECT_THAT(codes(endCall(kNow + 30 * kSeconds)), ElementsAre(1, 0, 0, -1));
  EXPECT_EQ(score(names_.queue("a"), key), before.due);
  EXPECT_EQ(message("a", key)->attempts, 1U);
  EXPECT_NE(lock(key), token);
  EXPECT_EQ(field(names_.meta(), "lockSecret"), "secret");
}

TEST_F(MailboxScripts, AProcessThatIsBehindTheFleetsTimeLocksForAsLongAsAnother) {
  subscribe(1);
  const auto key = mail();
  const auto behind = kNow - 2 * kSeconds;
  redis({"HSET", names_.meta(), "clockLast", text(kNow)});
  const auto token = lock(key, behind);
  EXPECT_EQ(score(names_.leases("a"), key), kNow + 30 * kSeconds);
  EXPECT_EQ(score(names_.unlockIndex(), "a"), kNow + 30 * kSeconds);
  redis({"HSET", names_.meta(), "clockLast", text(kNow + 30 * kSeconds)});
  EXPECT_EQ(run(confirmCall(key, token, kNow + 28 * kSeconds)).integer, -3);
  EXPECT_THAT(codes(endCall(kNow + 30 * kSeconds)), ElementsAre(1, 0, 0, -1));
  for (const auto* damaged : {"9999999999999", "soon", ""}) {
    redis({"HSET", names_.meta(), "clockLast", damaged});
    lock(key, kNow);
    EXPECT_EQ(score(names_.leases("a"), key), kNow + 30 * kSeconds) << damaged;
    EXPECT_THAT(codes(endCall(kNow + 30 * kSeconds)), ElementsAre(1, 0, 0, -1));
  }
}

TEST_F(MailboxScripts, ConfirmIsForTheTokenOfALockThatHolds) {
  subscribe(1);
  const auto key = mail();
  EXPECT_EQ(run(confirmCall(key, 0)).integer, -3);
  const auto token = lock(key);
  EXPECT_EQ(run(confirmCall(key, token + 1)).integer, -3);
  EXPECT_EQ(run(confirmCall(key, token, kNow + 30 * kSeconds)).integer, -3);
  EXPECT_EQ(run(confirmCall(key, token)).integer, 1);
  EXPECT_EQ(run(confirmCall(key, token)).integer, -2);
  EXPECT_EQ(counter("delivered"), 1);
  EXPECT_EQ(state("a", "success"), text(kNow));
}

TEST_F(MailboxScripts, LocksThatRanOutEndInPartsAndGiveUpWhatWasLockedTooOften) {
  subscribe(1);
  const auto items = manyKeys(203);
  std::vector<std::string> keys;
  for (const auto sequence : tell(items, kNow)) keys.push_back(laneKey("", sequence));
  for (const auto& key : keys) lock(key);
  const auto at = kNow + 31 * kSeconds;
  EXPECT_THAT(codes(endCall(at)), ElementsAre(200, 0, 1, kNow + 30 * kSeconds));
  EXPECT_THAT(codes(endCall(at)), ElementsAre(3, 0, 0, -1));
  lock(keys[0], at);
  const auto reply = run(endCall(at + 30 * kSeconds, 2));
  EXPECT_EQ(reply.items.at(1).integer, 1);
  EXPECT_EQ(reply.items.at(4).text, "first-letter|a");
  EXPECT_EQ(letterOf("a", keys[0])->letter.message.attempts, 2U);
  EXPECT_THAT(codes(endCall(at)), ElementsAre(0, 0, 0, -1));
}

TEST_F(MailboxScripts, AtAFullRedisReadingGoesOnAndNothingNewIsTaken) {
  subscribe(1);
  const auto key = mail();
  const auto other = mail("1n2");
  admit({{.key = "1n3"}}, kNow);
  fillUp();
  expectRefused(enrolCall("b", "digest"), "OOM");
  expectRefused(subscribeCall(2, ""), "OOM");
  expectRefused(fanCall(kNow), "OOM");
  const auto later = kNow + 2 * kStep;
  EXPECT_THAT(run(peekCall(later)).items.at(0).items, SizeIs(4));
  const auto token = lock(key, later);
  EXPECT_EQ(run(confirmCall(key, token, later)).integer, 1);
  lock(other, later);
  EXPECT_THAT(codes(endCall(later + 31 * kSeconds)), ElementsAre(1, 0, 0, -1));
  EXPECT_EQ(run(unsubscribeCall(1, "")).items.at(2).integer, 1);
}

}  // namespace
}  // namespace lull::redis
