// What time does to mailboxes: idle ones go, and a message that is never confirmed becomes a dead letter.
#include "endpoint_removal.hpp"
#include "mailbox_test.hpp"

namespace lull::redis {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using IdleMailboxes = MailboxTest;

TEST_F(IdleMailboxes, AreKeptForNineDaysAnd23HoursAndGoneAfterTen) {
  const auto idle = enrol("idle");
  const auto busy = enrol("busy");
  subscribe(idle, kAssets);
  for (int i = 0; i < 3; ++i) tell(kAssets);
  lockNext(idle);
  clock_.advance(hours(9 * 24 + 23));
  EXPECT_THAT(mailboxes_.forgetIdle(clock_.now()).value(), IsEmpty());
  EXPECT_EQ(redis({"EXISTS", shard_.keys().state(idle)}).integer, 1);
  ASSERT_TRUE(mailboxes_.view(busy, "ada"));
  clock_.advance(minutes(61));
  const auto gone = mailboxes_.forgetIdle(clock_.now()).value();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].id, idle);
  EXPECT_EQ(gone[0].name, "idle");
  EXPECT_EQ(gone[0].messages, 3U);
  EXPECT_EQ(counter("cancelled"), 3U);
  ids_.erase(idle);
  EXPECT_EQ(codeOf(mailboxes_.view(idle, "ada")), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(registry_.find(idle)), ErrorCode::NotFound);
  EXPECT_TRUE(mailboxes_.view(busy, "ada"));
  EXPECT_THAT(mailboxes_.forgetIdle(clock_.now()).value(), IsEmpty());
  EXPECT_NE(enrol("idle"), idle) << "its name is free";
}

TEST_F(IdleMailboxes, EveryCallOfTheClientIsASignOfLife) {
  const auto id = enrol();
  subscribe(id, kAssets);
  tell(kAssets);
  const auto message = nextId(id);
  const std::vector<std::function<void()>> calls{[&] { EXPECT_TRUE(mailboxes_.enrol("mine", "ada")); },
                                                 [&] { EXPECT_TRUE(mailboxes_.view(id, "ada")); },
                                                 [&] {
                                                   EXPECT_TRUE(mailboxes_.subscribe(id, "ada", {kAssets, ""}));
                                                 },
                                                 [&] {
                                                   EXPECT_TRUE(mailboxes_.subscribe(id, "ada", {kCases, ""}));
                                                 },
                                                 [&] {
                                                   EXPECT_TRUE(mailboxes_.unsubscribe(id, "ada", {kCases, ""}));
                                                 },
                                                 [&] {
                                                   EXPECT_TRUE(mailboxes_.unsubscribe(id, "ada", {kCases, ""}));
                                                 },
                                                 [&] { EXPECT_TRUE(mailboxes_.peek(id, "ada")); },
                                                 [&] { EXPECT_TRUE(mailboxes_.look({id}).front()); },
                                                 [&] { EXPECT_TRUE(mailboxes_.lock(id, "ada", message, kLock)); },
                                                 [&] { EXPECT_FALSE(mailboxes_.confirm(id, "ada", message, "")); }};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    SCOPED_TRACE(i);
    clock_.advance(hours(9 * 24));
    calls[i]();
    EXPECT_THAT(mailboxes_.forgetIdle(clock_.now()).value(), IsEmpty());
  }
  const auto called = redis({"ZSCORE", shard_.keys().mailboxCalls(), id}).text;
  clock_.advance(std::chrono::seconds(59));
  peek(id);
  EXPECT_EQ(redis({"ZSCORE", shard_.keys().mailboxCalls(), id}).text, called) << "not noted more than once a minute";
  // What others do is none.
  clock_.advance(hours(10 * 24));
  EXPECT_FALSE(mailboxes_.peek(id, "bob"));
  EXPECT_TRUE(queues_.retry(id, {}));
  tell(kAssets);
  EXPECT_EQ(mailboxes_.forgetIdle(clock_.now()).value().size(), 1U);
  ids_.clear();
}

TEST_F(IdleMailboxes, AreNeverRemovedWhenNoExpiryIsSet) {
  MailboxStore patient(shard_, {.idleExpiry = Millis{0}});
  enrol();
  clock_.advance(hours(10'000));
  EXPECT_THAT(patient.forgetIdle(clock_.now()).value(), IsEmpty());
}

TEST_F(IdleMailboxes, OneWhoseClientCallsAtTheLastMomentStays) {
  const auto id = enrol();
  clock_.advance(hours(10 * 24));
  const auto idleSince = std::to_string(millisOf(clock_.now() - hours(10 * 24)));
  peek(id);  // after another process has found it idle
  EXPECT_EQ(removeEndpoint(shard_, id, {"", "", "mailbox", idleSince}).value(), kNotAsExpected);
  EXPECT_TRUE(mailboxes_.view(id, "ada"));
}

TEST_F(IdleMailboxes, OneThatIsGoneAlreadyLeavesNoEntry) {
  redis({"ZADD", shard_.keys().mailboxCalls(), "1", "ep_gone"});
  redis({"ZADD", shard_.keys().unlockIndex(), "1", "ep_gone"});
  EXPECT_THAT(mailboxes_.forgetIdle(clock_.now()).value(), IsEmpty());
  EXPECT_EQ(mailboxes_.endLocks(clock_.now()).value(), std::nullopt);
  EXPECT_EQ(redis({"EXISTS", shard_.keys().mailboxCalls(), shard_.keys().unlockIndex()}).integer, 0);
}

/// A message may be locked twice; the mailbox may have two dead letters.
class NeverConfirmed : public MailboxTest {
 protected:
  NeverConfirmed() : MailboxTest({.receives = 2, .letters = 2}) {}

  void SetUp() override {
    id_ = enrol();
    subscribe(id_, kAssets);
  }
  void lockAndLetRunOut(const std::string& message) {
    lock(id_, message);
    clock_.advance(kLock);
    ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
    checkBooks();
  }
  std::uint64_t letterCount() { return letters_.list({}, {})->total; }
  EndpointId id_;
};

TEST_F(NeverConfirmed, BecomesADeadLetterAfterSoManyLocks) {
  const auto sequence = tell(kAssets, "AA");
  const auto other = tell(kAssets);
  const auto message = nextId(id_);
  lockAndLetRunOut(message);
  EXPECT_EQ(letterCount(), 0U);
  EXPECT_EQ(nextId(id_), message);
  lockAndLetRunOut(message);
  const auto page = letters_.list({}, {});
  ASSERT_EQ(page->items.size(), 1U);
  const auto& letter = page->items[0];
  EXPECT_EQ(letter.reason, DeathReason::Poisoned);
  EXPECT_EQ(letter.message.upto, sequence);
  EXPECT_EQ(letter.endpointId, id_);
  EXPECT_THAT(letter.lastError, HasSubstr("Mailboxes:MaxReceives"));
  EXPECT_EQ(counter("deadLettered"), 1U);
  EXPECT_EQ(next(id_), other);
  EXPECT_EQ(redis({"ZCARD", shard_.keys().groups()}).integer, 1);
  const auto alert = redis({"HGET", shard_.keys().alerts(), "first-letter|" + id_}).text;
  EXPECT_THAT(alert, HasSubstr("its client locked it as often as Mailboxes:MaxReceives allows"));
}

TEST_F(NeverConfirmed, AConfirmedOneDoesNot) {
  tell(kAssets);
  lockAndLetRunOut(nextId(id_));
  const auto locked = lockNext(id_);
  clock_.advance(kLock - Millis{1});
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", locked.message.id, locked.lockId));
  clock_.advance(kLock);
  ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
  EXPECT_EQ(letterCount(), 0U);
}

// Peek and lock find the locks that nobody has ended yet.
TEST_F(NeverConfirmed, IsGivenUpAlsoByWhoLooksFirst) {
  tell(kAssets);
  const auto message = nextId(id_);
  lock(id_, message);
  clock_.advance(kLock);
  lock(id_, message);
  clock_.advance(kLock);
  EXPECT_EQ(codeOf(mailboxes_.lock(id_, "ada", message, kLock)), ErrorCode::NotFound);
  EXPECT_EQ(letterCount(), 1U);
}

TEST_F(NeverConfirmed, StaysWhenThereIsNoRoomForItsLetterAndTheMailboxIsPausedButRead) {
  std::vector<std::uint64_t> sequences;
  for (int i = 0; i < 3; ++i) sequences.push_back(tell(kAssets));
  for (int i = 0; i < 3; ++i) {
    const auto message = nextId(id_);
    lockAndLetRunOut(message);
    lockAndLetRunOut(message);
  }
  EXPECT_EQ(letterCount(), 2U);
  EXPECT_EQ(stateOf(id_).pausedReason, PausedReason::DeadLettersFull);
  EXPECT_EQ(next(id_), sequences[2]);
  EXPECT_THAT(redis({"HGET", shard_.keys().alerts(), "endpoint-paused|" + id_}).text,
              HasSubstr("DeadLetters:MaxPerEndpoint"));
  const auto again = lockNext(id_);
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", again.message.id, again.lockId));
}

TEST_F(NeverConfirmed, ARevivedOneComesLastAndMayBeLockedAfresh) {
  const auto dead = tell(kAssets, "AA");
  const auto message = nextId(id_);
  lockAndLetRunOut(message);
  lockAndLetRunOut(message);
  const auto later = tell(kAssets);
  // Whatever it subscribes to now: `since` is younger than the letter.
  unsubscribe(id_, kAssets);
  subscribe(id_, kAssets);
  const auto newest = tell(kAssets);
  const auto mark = mailboxes_.since(0)->mark;
  ASSERT_TRUE(letters_.retryOne(letters_.list({}, {})->items.at(0).id));
  EXPECT_THAT(mailboxes_.since(mark)->ids, ElementsAre(id_));
  EXPECT_EQ(counter("cancelled"), 1U) << "message " << later;
  EXPECT_EQ(peek(id_).count, 2U);
  const auto first = lockNext(id_);
  EXPECT_EQ(first.message.message.upto, newest);
  const auto revived = lockNext(id_);
  EXPECT_EQ(revived.message.message.upto, dead);
  EXPECT_NE(revived.message.id, message) << "it has a place of its own";
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", first.message.id, first.lockId));
  clock_.advance(kLock);
  ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
  EXPECT_EQ(letterCount(), 0U);
  EXPECT_EQ(nextId(id_), revived.message.id);
}

TEST_F(NeverConfirmed, ItsLetterIsNotRevivedForAMailboxThatDoesNotTakeIt) {
  tell(kAssets, "AA");
  const auto message = nextId(id_);
  lockAndLetRunOut(message);
  lockAndLetRunOut(message);
  unsubscribe(id_, kAssets);
  subscribe(id_, kAssets, "BB");
  EXPECT_EQ(letters_.retryMany({})->skipped, 1U);
  EXPECT_EQ(letterCount(), 1U);
}

TEST_F(NeverConfirmed, LettersOutliveTheMailboxWithItsName) {
  tell(kAssets);
  const auto message = nextId(id_);
  lockAndLetRunOut(message);
  lockAndLetRunOut(message);
  clock_.advance(hours(24 * 11));
  EXPECT_EQ(mailboxes_.forgetIdle(clock_.now())->size(), 1U);
  EXPECT_EQ(letterCount(), 1U);
  EXPECT_EQ(letters_.endpointNames({id_})->at(id_), "mine");
  EXPECT_EQ(*registry_.registeredBy("ada"), EndpointIds{id_});
}

}  // namespace
}  // namespace lull::redis
