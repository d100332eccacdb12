// What damaged values in Redis do to mailboxes.
#include "mailbox_test.hpp"

#include <lull/redis/replay_store.hpp>
#include <lull/redis/upkeep.hpp>

namespace lull::redis {
namespace {

using ports::Subscription;
using ::testing::ElementsAre;

class DamagedMailbox : public MailboxTest {
 protected:
  void SetUp() override {
    id_ = enrol();
    subscribe(id_, kAssets, "AA");
    subscribe(id_, kCases);
  }
  void set(const std::string& field, const std::string& value) {
    redis({"HSET", shard_.keys().state(id_), field, value});
  }
  std::vector<Subscription> taken() {
    const auto view = mailboxes_.view(id_, "ada");
    EXPECT_TRUE(view) << view.error().message;
    return view ? view->subscriptions : std::vector<Subscription>{};
  }
  void upkeep() {
    ReplayStore replays(shard_, registry_, {}, [] {});
    Upkeep upkeep(shard_, registry_, replays, [] {});
    ASSERT_TRUE(registry_.refresh());
    upkeep.turn();
  }
  EndpointId id_;
};

TEST_F(DamagedMailbox, WhatItTakesIsReadFromItsRegistrationWhenTheStateIsUnreadable) {
  for (const auto* subs : {"", "\2", "\1xx"}) {
    SCOPED_TRACE(subs);
    set("subs", subs);
    EXPECT_THAT(taken(), ElementsAre(Subscription{kAssets, "AA"}, Subscription{kCases, ""}));
    tell(kAssets, "BB");
    const auto one = tell(kAssets, "AA");
    EXPECT_THAT(readAll(id_), ElementsAre(one));
  }
}

TEST_F(DamagedMailbox, ItsStateIsMadeAnewFromItsRegistration) {
  const auto one = tell(kAssets, "AA");
  const auto locked = lockNext(id_);
  redis({"DEL", shard_.keys().state(id_)});
  upkeep();
  EXPECT_THAT(taken(), ElementsAre(Subscription{kAssets, "AA"}, Subscription{kCases, ""}));
  EXPECT_EQ(codeOf(mailboxes_.view(id_, "bob")), ErrorCode::NotFound) << "its owner is known";
  EXPECT_EQ(state(id_, "mailbox"), "1");
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", locked.message.id, locked.lockId));
  tell(kAssets, "BB");
  const auto two = tell(kCases, "BB");
  EXPECT_THAT(readAll(id_), ElementsAre(two));
  EXPECT_GT(two, one);
}

TEST_F(DamagedMailbox, WithoutRegistrationItIsReadButNotChanged) {
  const auto one = tell(kAssets, "AA");
  redis({"HSET", shard_.keys().registrations(), id_, "damaged"});
  EXPECT_EQ(codeOf(mailboxes_.view(id_, "ada")), ErrorCode::Internal);
  EXPECT_EQ(codeOf(mailboxes_.subscribe(id_, "ada", {kAssets, "BB"})), ErrorCode::Internal);
  const auto two = tell(kCases);
  EXPECT_THAT(readAll(id_), ElementsAre(one, two));
  unsubscribe(id_, kCases);
  ASSERT_TRUE(registry_.refresh());
  const auto endpoint = registry_.cached()->endpoints.at(id_);
  EXPECT_TRUE(endpoint->damaged);
  EXPECT_TRUE(endpoint->registration.isMailbox());
  EXPECT_TRUE(mailboxes_.remove(id_, "ada"));
  ids_.clear();
}

TEST_F(DamagedMailbox, AMessageThatCannotBeReadIsSetAsideAndTheNextOneIsShown) {
  tell(kCases);
  tell(kCases);
  const auto three = tell(kCases);
  const auto keys = redis({"ZRANGE", shard_.keys().queue(id_), "0", "-1"}).items;
  redis({"HSET", shard_.keys().messages(id_), keys[0].text, "damaged"});
  redis({"HDEL", shard_.keys().messages(id_), keys[1].text});
  redis({"HSET", shard_.keys().counters(), "unbalanced", "1"});
  const auto glance = mailboxes_.peek(id_, "ada");
  ASSERT_TRUE(glance);
  EXPECT_EQ(glance->next->message.upto, three);
  EXPECT_EQ(glance->count, 1U);
  upkeep();  // corrects the counters: nobody knows of the one that was gone
}

// A form that scripts accept and our reader does not.
TEST_F(DamagedMailbox, SoIsOneWhosePayloadOurReaderRefuses) {
  tell(kCases);
  const auto two = tell(kCases);
  const auto key = redis({"ZRANGE", shard_.keys().queue(id_), "0", "0"}).items.at(0).text;
  auto packed = redis({"HGET", shard_.keys().messages(id_), key}).text;
  packed[packed.size() - 3] = '\x7F';
  packed.back() = '\x7F';
  const auto facts = packed.find("\xFFtAssetChanged\xFF");
  ASSERT_NE(facts, std::string::npos);
  packed[facts - 1] = '\x7F';  // no such operation
  redis({"HSET", shard_.keys().messages(id_), key, packed});
  EXPECT_EQ(next(id_), two);
  EXPECT_EQ(peek(id_).count, 1U);
}

TEST_F(DamagedMailbox, TheAuditFindsWhatIsMissingInItsIndexes) {
  tell(kCases);
  tell(kCases);
  lockNext(id_);
  const auto& keys = shard_.keys();
  redis({"DEL", keys.unlockIndex(), keys.mailboxCalls()});
  upkeep();
  EXPECT_EQ(redis({"ZSCORE", keys.mailboxCalls(), id_}).kind, Reply::Kind::String);
  checkBooks();
  // A lock without an end: it has run out.
  redis({"DEL", keys.leases(id_)});
  upkeep();
  checkBooks();
  ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
  EXPECT_EQ(readAll(id_).size(), 2U);
}

TEST_F(DamagedMailbox, KeysOfAWrongTypeAreSetAside) {
  tell(kCases);
  const auto& keys = shard_.keys();
  for (const auto& key : {keys.mailboxCalls(), keys.unlockIndex(), keys.mailed(), keys.mailboxNames()}) {
    SCOPED_TRACE(key);
    redis({"DEL", key});
    redis({"SET", key, "text"});
    lockNext(id_);
    ASSERT_TRUE(queues_.retry(id_, {}));
    tell(kCases);
    EXPECT_TRUE(mailboxes_.enrol("mine", "ada"));
    EXPECT_TRUE(mailboxes_.endLocks(clock_.now()));
    EXPECT_TRUE(mailboxes_.forgetIdle(clock_.now()));
    EXPECT_TRUE(mailboxes_.since(1));
  }
  for (const auto& found : redis({"HVALS", keys.mailboxNames()}).items) ids_.insert(found.text);
}

TEST_F(DamagedMailbox, ALostSecretMakesLocksThatCannotBeConfirmedUntilTheyRunOut) {
  tell(kCases);
  const auto locked = lockNext(id_);
  redis({"HDEL", shard_.keys().meta(), "lockSecret"});
  MailboxStore other(shard_, limits_);
  EXPECT_EQ(codeOf(other.confirm(id_, "ada", locked.message.id, locked.lockId)), ErrorCode::Conflict);
  clock_.advance(kLock);
  const auto again = other.lock(id_, "ada", locked.message.id, kLock);
  ASSERT_TRUE(again);
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", again->message.id, again->lockId)) << "it reads the new secret";
}

}  // namespace
}  // namespace lull::redis
