// How a client reads its mailbox: peek, lock, confirm, and what time does to locks.
#include "mailbox_test.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class MailboxReading : public MailboxTest {
 protected:
  void SetUp() override {
    id_ = enrol();
    subscribe(id_, kAssets);
  }
  EndpointId id_;
};

TEST_F(MailboxReading, ShowsTheOldestMessageAndLocksNothing) {
  EXPECT_EQ(peek(id_).count, 0U);
  EXPECT_FALSE(peek(id_).next);
  const auto accepted = clock_.now();
  const auto one = tell(kAssets, "AA", R"({"n":1})");
  clock_.advance(Millis{5});
  tell(kAssets);
  for (int i = 0; i < 2; ++i) {
    const auto glance = peek(id_);
    EXPECT_EQ(glance.count, 2U);
    ASSERT_TRUE(glance.next);
    EXPECT_EQ(glance.next->message.upto, one);
    EXPECT_EQ(glance.next->message.payload.scope, "AA");
    EXPECT_EQ(glance.next->message.payload.data, R"({"n":1})");
    EXPECT_EQ(glance.next->message.key.changeType, kAssets);
    EXPECT_EQ(glance.next->enqueuedAt, accepted);
  }
  const auto before = redis({"DUMP", shard_.keys().messages(id_)}).text;
  peek(id_);
  EXPECT_EQ(redis({"DUMP", shard_.keys().messages(id_)}).text, before);
}

TEST_F(MailboxReading, ALockIsForOneClientUntilItRunsOut) {
  tell(kAssets);
  const auto second = tell(kAssets);
  const auto message = nextId(id_);
  const auto locked = lock(id_, message);
  EXPECT_EQ(locked.lockedUntil, clock_.now() + kLock);
  EXPECT_EQ(locked.message.id, message);
  EXPECT_EQ(codeOf(mailboxes_.lock(id_, "ada", message, kLock)), ErrorCode::Conflict);
  EXPECT_EQ(next(id_), second) << "the locked one is not the next one";
  EXPECT_EQ(peek(id_).count, 2U) << "but it counts";
  EXPECT_EQ(stateOf(id_).inFlight, 1U);
  clock_.advance(kLock - Millis{1});
  EXPECT_EQ(codeOf(mailboxes_.lock(id_, "ada", message, kLock)), ErrorCode::Conflict);
}

// Nobody has ended the lock when the client comes.
TEST_F(MailboxReading, AfterTheLockTheMessageStandsInItsOldPlaceUnderAnotherLockId) {
  const auto one = tell(kAssets);
  const auto two = tell(kAssets);
  clock_.advance(Millis{10});
  const auto three = tell(kAssets);
  const auto first = lockNext(id_);
  const auto second = lockNext(id_);
  clock_.advance(kLock);
  EXPECT_EQ(next(id_), one);
  EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", first.message.id, first.lockId)), ErrorCode::Conflict);
  const auto again = lock(id_, first.message.id);
  EXPECT_NE(again.lockId, first.lockId);
  EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", first.message.id, first.lockId)), ErrorCode::Conflict);
  EXPECT_EQ(again.message.id, first.message.id) << "it is the same message";
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", again.message.id, again.lockId));
  EXPECT_THAT(readAll(id_), ElementsAre(two, three));
  EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", second.message.id, second.lockId)), ErrorCode::NotFound);
}

TEST_F(MailboxReading, ALockThatRanOutIsNoLockForWhoAsksDirectly) {
  tell(kAssets);
  const auto first = lockNext(id_);
  clock_.advance(kLock);
  const auto again = lock(id_, first.message.id);
  EXPECT_NE(again.lockId, first.lockId);
}

TEST_F(MailboxReading, LocksEndWhenTheyRunOutAndTheNextOneIsTold) {
  EXPECT_EQ(mailboxes_.endLocks(clock_.now()).value(), std::nullopt);
  for (int i = 0; i < 3; ++i) tell(kAssets);
  lockNext(id_, Millis{1000});
  lockNext(id_, Millis{3000});
  const auto start = clock_.now();
  EXPECT_EQ(mailboxes_.endLocks(start).value(), start + Millis{1000});
  EXPECT_EQ(stateOf(id_).inFlight, 2U);
  clock_.advance(Millis{1000});
  EXPECT_EQ(mailboxes_.endLocks(clock_.now()).value(), start + Millis{3000});
  EXPECT_EQ(stateOf(id_).inFlight, 1U);
  clock_.advance(Millis{5000});
  EXPECT_EQ(mailboxes_.endLocks(clock_.now()).value(), std::nullopt);
  EXPECT_EQ(stateOf(id_).inFlight, 0U);
  checkBooks();
}

TEST_F(MailboxReading, ManyLocksThatRanOutEndInOneCall) {
  for (int i = 0; i < 450; ++i) admit(kAssets);
  fanOut();
  const auto other = enrol("other");
  subscribe(other, kAssets);
  tell(kAssets);
  lockNext(other);
  for (int i = 0; i < 450; ++i) {
    const auto glance = mailboxes_.peek(id_, "ada");
    ASSERT_TRUE(mailboxes_.lock(id_, "ada", glance->next->id, kLock));
  }
  clock_.advance(kLock);
  EXPECT_EQ(mailboxes_.endLocks(clock_.now()).value(), std::nullopt);
  EXPECT_EQ(stateOf(id_).inFlight + stateOf(other).inFlight, 0U);
  checkBooks();
}

TEST_F(MailboxReading, ConfirmingRemovesOnceAndCountsAsDelivered) {
  tell(kAssets);
  const auto locked = lockNext(id_);
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", locked.message.id, locked.lockId));
  EXPECT_EQ(counter("delivered"), 1U);
  EXPECT_EQ(stateOf(id_).lastSuccessAt, clock_.now());
  EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", locked.message.id, locked.lockId)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.lock(id_, "ada", locked.message.id, kLock)), ErrorCode::NotFound);
  EXPECT_EQ(counter("delivered"), 1U);
  EXPECT_EQ(state(id_, "bytes"), "");
}

TEST_F(MailboxReading, NoOtherLockIdConfirms) {
  tell(kAssets);
  tell(kAssets);
  const auto other = enrol("other");
  subscribe(other, kAssets);
  const auto one = lockNext(id_);
  const auto two = lockNext(id_);
  auto forged = one.lockId;
  forged.back() = forged.back() == '0' ? '1' : '0';
  for (const auto& wrong : {two.lockId, forged, std::string(), std::string("x"), std::string(80, '0'), one.lockId + "0",
                            one.lockId.substr(1)}) {
    EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", one.message.id, wrong)), ErrorCode::Conflict) << wrong;
  }
  EXPECT_EQ(codeOf(mailboxes_.confirm(other, "ada", one.message.id, one.lockId)), ErrorCode::NotFound);
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", one.message.id, one.lockId));
}

TEST_F(MailboxReading, MessagesThatAreNoneAreNotFound) {
  tell(kAssets);
  const auto message = nextId(id_);
  for (const auto& wrong :
       {std::string(), std::string("1"), std::string("msg_"), message + "0", message + " ", "x" + message,
        message.substr(0, message.rfind('_') + 1) + "-1", message.substr(0, message.rfind('_') + 1) + "00001"}) {
    EXPECT_EQ(codeOf(mailboxes_.lock(id_, "ada", wrong, kLock)), ErrorCode::NotFound) << wrong;
    EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", wrong, "")), ErrorCode::NotFound) << wrong;
  }
}

TEST_F(MailboxReading, AnyProcessConfirmsWhatAnotherOneLocked) {
  tell(kAssets);
  const auto locked = lockNext(id_);
  MailboxStore other(shard_, limits_);
  EXPECT_TRUE(other.confirm(id_, "ada", locked.message.id, locked.lockId));
}

TEST_F(MailboxReading, APauseByItsOperatorStopsReadingButNotConfirming) {
  tell(kAssets);
  tell(kAssets);
  const auto locked = lockNext(id_);
  const auto waiting = nextId(id_);
  auto endpoint = *registry_.find(id_);
  endpoint.registration.enabled = false;
  endpoint = *registry_.replace(id_, endpoint.version, endpoint.registration);
  EXPECT_FALSE(peek(id_).next);
  EXPECT_EQ(peek(id_).count, 2U);
  EXPECT_EQ(codeOf(mailboxes_.lock(id_, "ada", waiting, kLock)), ErrorCode::Conflict);
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", locked.message.id, locked.lockId));
  tell(kAssets);
  endpoint.registration.enabled = true;
  const auto mark = mailboxes_.since(0)->mark;
  ASSERT_TRUE(registry_.replace(id_, endpoint.version, endpoint.registration));
  EXPECT_THAT(mailboxes_.since(mark)->ids, ElementsAre(id_)) << "who waits is told";
  EXPECT_EQ(nextId(id_), waiting);
  EXPECT_EQ(peek(id_).count, 2U);
}

TEST_F(MailboxReading, LooksAtManyInTheirOrder) {
  std::vector<EndpointId> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(enrol(std::to_string(i)));
  subscribe(ids[7], kAssets);
  subscribe(ids[249], kAssets);
  const auto one = tell(kAssets);
  lockNext(ids[249], Millis{1000});
  clock_.advance(Millis{1000});
  ids.insert(ids.begin() + 100, "ep_none");
  const auto glances = mailboxes_.look(ids);
  ASSERT_EQ(glances.size(), 251U);
  EXPECT_EQ(glances[7].value().next->message.upto, one);
  EXPECT_EQ(glances[250].value().next->message.upto, one) << "its lock has run out";
  EXPECT_EQ(codeOf(glances[100]), ErrorCode::NotFound);
  EXPECT_EQ(glances[8].value().count, 0U);
  EXPECT_TRUE(mailboxes_.look({}).empty());
}

TEST_F(MailboxReading, IsNoSecretInTheLockId) {
  tell(kAssets);
  const auto locked = lockNext(id_);
  const auto secret = redis({"HGET", shard_.keys().meta(), "lockSecret"}).text;
  EXPECT_EQ(secret.size(), 64U);
  EXPECT_THAT(locked.lockId, Not(HasSubstr(secret)));
}

/// How many bytes the append-only file has grown by.
class MailboxLog : public MailboxReading {
 protected:
  std::int64_t size() {
    const auto info = redis({"INFO", "persistence"}).text;
    const std::string name = "aof_current_size:";
    return std::stoll(info.substr(info.find(name) + name.size()));
  }
};

TEST_F(MailboxLog, LooksCostNoBytesAndLocksNoMoreThanTheirMessage) {
  const auto data = '"' + std::string(4000, 'x') + '"';
  peek(id_);
  auto before = size();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(mailboxes_.peek(id_, "ada"));
  ASSERT_TRUE(mailboxes_.look({id_}).front());
  EXPECT_EQ(size(), before);
  // Accepted into the stream and a window, put into the mailbox, locked, and its lock has run out.
  tell(kAssets, "AA", data);
  before = size();
  tell(kAssets, "AA", data);
  EXPECT_LT(size() - before, 3 * 5000);
  before = size();
  lockNext(id_);
  EXPECT_LT(size() - before, 5000);
  before = size();
  clock_.advance(kLock);
  ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
  EXPECT_LT(size() - before, 5000);
  const auto locked = lockNext(id_);
  before = size();
  ASSERT_TRUE(mailboxes_.confirm(id_, "ada", locked.message.id, locked.lockId));
  EXPECT_LT(size() - before, 1000);
}

}  // namespace
}  // namespace lull::redis
