// Who has which mailbox, and what it takes.
#include "mailbox_test.hpp"

namespace lull::redis {
namespace {

using ports::Subscription;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using MailboxRegistration = MailboxTest;

TEST_F(MailboxRegistration, TheSameNameIsTheSameMailboxAndOfAnotherOwnerAnother) {
  const auto first = mailboxes_.enrol("Tasks", "ada");
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->created);
  EXPECT_EQ(first->name, "Tasks");
  ASSERT_TRUE(mailboxes_.subscribe(first->id, "ada", {kAssets, "AA"}));
  const auto again = mailboxes_.enrol("Tasks", "ada");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->id, first->id);
  EXPECT_THAT(again->subscriptions, ElementsAre(Subscription{kAssets, "AA"}));
  EXPECT_NE(enrol("Tasks", "bob"), first->id);
  EXPECT_NE(enrol("tasks", "ada"), first->id);
  // Where owner ends and name begins makes a difference.
  EXPECT_NE(enrol("b", "a"), enrol("", "ab"));
}

TEST_F(MailboxRegistration, IsAnEndpointWithoutBitsThatTakesEveryEvent) {
  const auto id = enrol();
  const auto endpoint = registry_.find(id);
  ASSERT_TRUE(endpoint);
  EXPECT_TRUE(endpoint->registration.isMailbox());
  EXPECT_TRUE(endpoint->registration.enabled);
  EXPECT_EQ(endpoint->owner, "ada");
  EXPECT_EQ(endpoint->registration.changeTypes, 0U);
  EXPECT_EQ(endpoint->registration.telling, (Telling{.delivery = Delivery::Every, .order = Order::None}));
  EXPECT_EQ(*registry_.registeredBy("ada"), EndpointIds{id});
  subscribe(id, kCases);
  subscribe(id, kAssets, "AA");
  EXPECT_EQ(registry_.find(id)->registration.changeTypes, kAssets | kCases);
  unsubscribe(id, kCases);
  EXPECT_EQ(registry_.find(id)->registration.changeTypes, kAssets);
}

TEST_F(MailboxRegistration, ManyEndpointsLeaveNoRoomForOneMore) {
  MailboxStore narrow(shard_, {.endpoints = 1});
  const auto first = narrow.enrol("one", "ada");
  ASSERT_TRUE(first);
  EXPECT_EQ(codeOf(narrow.enrol("two", "ada")), ErrorCode::Conflict);
  EXPECT_EQ(narrow.enrol("one", "ada")->id, first->id) << "the one that is there is not refused";
}

TEST_F(MailboxRegistration, ForAnotherOwnerThereIsNoneAtAll) {
  const auto id = enrol();
  subscribe(id, kAssets);
  tell(kAssets);
  const auto message = nextId(id);
  const auto locked = lock(id, message);
  const ports::MailboxOwner bob = "bob";
  EXPECT_EQ(codeOf(mailboxes_.view(id, bob)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.subscribe(id, bob, {kAssets, "BB"})), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.unsubscribe(id, bob, {kAssets, ""})), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.peek(id, bob)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.lock(id, bob, message, kLock)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.confirm(id, bob, message, locked.lockId)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.remove(id, bob)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.view(id, "")), ErrorCode::NotFound) << "nobody's name is nobody's key";
  EXPECT_EQ(peek(id).count, 1U);
  EXPECT_TRUE(mailboxes_.view(id, std::nullopt)) << "who may see all";
  EXPECT_EQ(codeOf(mailboxes_.view("ep_none", std::nullopt)), ErrorCode::NotFound);
}

TEST_F(MailboxRegistration, AnEndpointOfAnotherKindIsNoMailbox) {
  Registration webhook;
  webhook.name = "hook";
  webhook.webhook().url = "http://127.0.0.1/";
  webhook.changeTypes = kAssets;
  webhook.telling = {.delivery = Delivery::Every, .order = Order::None};
  const auto id = registry_.create(webhook, {}, "ada")->endpoint.id;
  EXPECT_EQ(codeOf(mailboxes_.view(id, "ada")), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.peek(id, std::nullopt)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.remove(id, std::nullopt)), ErrorCode::NotFound);
  EXPECT_TRUE(registry_.find(id));
  Registration mailbox;
  mailbox.name = "box";
  mailbox.target = Mailbox{};
  EXPECT_EQ(codeOf(registry_.create(mailbox, {}, "ada")), ErrorCode::Conflict);
}

TEST_F(MailboxRegistration, RemovingForgetsItsNameAndCancelsItsMessages) {
  const auto id = enrol();
  subscribe(id, kAssets);
  for (int i = 0; i < 3; ++i) tell(kAssets);
  lockNext(id);
  ASSERT_TRUE(mailboxes_.remove(id, "ada"));
  ids_.clear();
  EXPECT_EQ(counter("cancelled"), 3U);
  EXPECT_EQ(codeOf(mailboxes_.peek(id, "ada")), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(mailboxes_.remove(id, "ada")), ErrorCode::NotFound);
  const auto& keys = shard_.keys();
  for (const auto& index : {keys.mailboxCalls(), keys.unlockIndex(), keys.mailboxNames()})
    EXPECT_EQ(redis({"EXISTS", index}).integer, 0) << index;
  EXPECT_NE(enrol(), id);
}

TEST_F(MailboxRegistration, AnOperatorWhoDeletesTheEndpointForgetsAllOfItToo) {
  const auto id = enrol();
  subscribe(id, kAssets);
  tell(kAssets);
  lockNext(id);
  ASSERT_TRUE(registry_.remove(id));
  ids_.clear();
  for (const auto& key : redis({"KEYS", "*" + id + "*"}).items) ADD_FAILURE() << key.text << " is left";
  const auto& keys = shard_.keys();
  for (const auto& index : {keys.mailboxCalls(), keys.unlockIndex(), keys.mailboxNames()})
    EXPECT_EQ(redis({"EXISTS", index}).integer, 0) << index;
}

TEST_F(MailboxRegistration, OfAReplacementItTakesNothingButWhetherItIsEnabled) {
  const auto id = enrol();
  subscribe(id, kAssets, "AA");
  auto endpoint = *registry_.find(id);
  Registration other;
  other.name = "hijacked";
  other.webhook().url = "http://127.0.0.1/";
  other.changeTypes = kCases;
  other.enabled = false;
  const auto replaced = registry_.replace(id, endpoint.version, other);
  ASSERT_TRUE(replaced) << replaced.error().message;
  EXPECT_TRUE(replaced->registration.isMailbox());
  EXPECT_FALSE(replaced->registration.enabled);
  const auto stored = *registry_.find(id);
  EXPECT_TRUE(stored.registration.isMailbox());
  EXPECT_EQ(stored.registration.name, "mine");
  EXPECT_EQ(stored.registration.changeTypes, kAssets);
  EXPECT_EQ(stored.owner, "ada");
  EXPECT_FALSE(stored.registration.enabled);
  EXPECT_THAT(mailboxes_.view(id, "ada")->subscriptions, ElementsAre(Subscription{kAssets, "AA"}));
  redis({"HSET", shard_.keys().state(id), "subs", "damaged"});
  EXPECT_THAT(mailboxes_.view(id, "ada")->subscriptions, ElementsAre(Subscription{kAssets, "AA"}))
      << "what is stored says so, too";
  tell(kAssets, "AA");
  EXPECT_EQ(peek(id).count, 1U) << "a paused one is told all the same";
}

TEST_F(MailboxRegistration, SubscriptionsAreListedInOrderAndOneThatIsThereStaysAsItIs) {
  const auto id = enrol();
  for (const auto& [bit, scope] : {std::pair(kCases, "b"), std::pair(kAssets, "ä"), std::pair(kAssets, "a"),
                                   std::pair(kCases, ""), std::pair(kAssets, "a")})
    subscribe(id, bit, scope);
  EXPECT_THAT(mailboxes_.view(id, "ada")->subscriptions,
              ElementsAre(Subscription{kAssets, "a"}, Subscription{kAssets, "ä"}, Subscription{kCases, ""},
                          Subscription{kCases, "b"}));
  admit(kAssets, "a");
  subscribe(id, kAssets, "a");  // not from now on: since before
  fanOut();
  EXPECT_EQ(peek(id).count, 1U);
  unsubscribe(id, kAssets, "unknown");
  unsubscribe(id, kAssets);
  EXPECT_EQ(mailboxes_.view(id, "ada")->subscriptions.size(), 4U);
}

TEST_F(MailboxRegistration, HasAThousandSubscriptionsAtMost) {
  const auto id = enrol();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(mailboxes_.subscribe(id, "ada", {kAssets, std::to_string(i)}));
  EXPECT_EQ(codeOf(mailboxes_.subscribe(id, "ada", {kAssets, "one more"})), ErrorCode::Conflict);
  EXPECT_TRUE(mailboxes_.subscribe(id, "ada", {kAssets, "7"})) << "one that is there is none more";
  unsubscribe(id, kAssets, "7");
  subscribe(id, kAssets, "one more");
  const auto large = enrol("large");
  for (int i = 0; i < 142; ++i)
    ASSERT_TRUE(mailboxes_.subscribe(large, "ada", {kAssets, std::to_string(i) + std::string(400, 'x')}));
  EXPECT_EQ(codeOf(mailboxes_.subscribe(large, "ada", {kAssets, std::string(1000, 'x')})), ErrorCode::Conflict);
}

TEST_F(MailboxRegistration, AFullRedisRefusesNewOnesButLetsReadAndUnsubscribe) {
  const auto id = enrol();
  subscribe(id, kAssets);
  subscribe(id, kCases);
  for (int i = 0; i < 3; ++i) tell(kAssets);
  redis({"CONFIG", "SET", "maxmemory", "1"});
  clock_.advance(std::chrono::minutes(10));  // so that the call is noted
  EXPECT_EQ(codeOf(mailboxes_.enrol("other", "ada")), ErrorCode::Unavailable);
  EXPECT_EQ(codeOf(mailboxes_.subscribe(id, "ada", {kAssets, "AA"})), ErrorCode::Unavailable);
  const auto message = nextId(id);
  const auto locked = lock(id, message);
  EXPECT_TRUE(mailboxes_.confirm(id, "ada", message, locked.lockId));
  lockNext(id);
  clock_.advance(2 * kLock);
  EXPECT_TRUE(mailboxes_.endLocks(clock_.now()));
  unsubscribe(id, kAssets);
  EXPECT_EQ(peek(id).count, 0U);
  ASSERT_TRUE(mailboxes_.remove(id, "ada"));
  ids_.clear();
}

}  // namespace
}  // namespace lull::redis
