// Which events get into which mailboxes.
#include "mailbox_test.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using MailboxTaking = MailboxTest;

TEST_F(MailboxTaking, AnEventThatWasAcceptedBeforeTheSubscriptionIsNotReceivedHoweverLateItIsGivenOut) {
  const auto id = enrol();
  const auto witness = enrol("witness");
  subscribe(witness, kAssets);
  admit(kAssets);
  subscribe(id, kAssets);
  const auto second = admit(kAssets);
  fanOut();
  EXPECT_EQ(peek(witness).count, 2U);
  EXPECT_THAT(readAll(id), ElementsAre(second));
}

TEST_F(MailboxTaking, EachSubscriptionTakesFromItsOwnBeginningOn) {
  const auto id = enrol();
  subscribe(id, kAssets, "AA");
  const auto one = admit(kAssets, "AA");
  admit(kAssets, "BB");
  subscribe(id, kAssets, "BB");
  const auto two = admit(kAssets, "BB");
  const auto three = admit(kAssets, "AA");
  fanOut();
  EXPECT_THAT(readAll(id), ElementsAre(one, two, three));
}

TEST_F(MailboxTaking, AScopeSeesNoOtherScopeAndAnEventWithoutOneIsForAnyOnly) {
  const auto aa = enrol("aa");
  const auto bb = enrol("bb");
  const auto any = enrol("any");
  subscribe(aa, kAssets, "AA");
  subscribe(bb, kAssets, "BB");
  subscribe(any, kAssets);
  const auto one = tell(kAssets, "AA");
  const auto two = tell(kAssets, "BB");
  const auto three = tell(kAssets, "A");
  const auto four = tell(kAssets, "AAA");
  const auto none = tell(kAssets);
  tell(kCases, "AA");
  EXPECT_THAT(readAll(aa), ElementsAre(one));
  EXPECT_THAT(readAll(bb), ElementsAre(two));
  EXPECT_THAT(readAll(any), ElementsAre(one, two, three, four, none));
}

TEST_F(MailboxTaking, OverlappingSubscriptionsGiveOneMessage) {
  const auto id = enrol();
  subscribe(id, kAssets);
  subscribe(id, kAssets, "AA");
  const auto one = tell(kAssets, "AA");
  EXPECT_THAT(readAll(id), ElementsAre(one));
  EXPECT_EQ(counter("created"), 1U);
}

TEST_F(MailboxTaking, TwoMailboxesHaveCopiesOfTheirOwn) {
  const auto mine = enrol("mine");
  const auto other = enrol("other");
  subscribe(mine, kAssets);
  subscribe(other, kAssets);
  const auto one = tell(kAssets, "AA", R"({"n":1})");
  lockNext(mine);
  EXPECT_EQ(next(mine), 0U);
  EXPECT_EQ(next(other), one);
  EXPECT_NE(lockNext(other).message.id, "");
  EXPECT_EQ(counter("created"), 2U);
}

TEST_F(MailboxTaking, UnsubscribingDropsWhatNoOtherSubscriptionWouldHaveTaken) {
  const auto id = enrol();
  subscribe(id, kAssets, "AA");
  subscribe(id, kAssets, "BB");
  subscribe(id, kCases);
  tell(kAssets, "AA");
  const auto bb = tell(kAssets, "BB");
  const auto lockedAa = tell(kAssets, "AA");
  const auto cases = tell(kCases, "AA");
  // The second message of the scope is locked.
  std::string third;
  for (auto glance = peek(id); glance.next; glance = peek(id)) {
    const auto locked = lock(id, glance.next->id);
    if (locked.message.message.upto == lockedAa) third = glance.next->id;
  }
  const auto before = stateOf(id);
  EXPECT_EQ(before.inFlight, 4U);
  clock_.advance(2 * kLock);
  ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
  const auto locked = lock(id, third);
  unsubscribe(id, kAssets, "AA");
  EXPECT_EQ(counter("cancelled"), 2U);
  EXPECT_EQ(codeOf(mailboxes_.confirm(id, "ada", third, locked.lockId)), ErrorCode::NotFound);
  EXPECT_THAT(readAll(id), ElementsAre(bb, cases));
  tell(kAssets, "AA");
  EXPECT_EQ(peek(id).count, 0U);
}

TEST_F(MailboxTaking, WhatAnotherSubscriptionTakesStays) {
  const auto id = enrol();
  subscribe(id, kAssets, "AA");
  const auto old = tell(kAssets, "AA");
  subscribe(id, kAssets);
  const auto both = tell(kAssets, "AA");
  unsubscribe(id, kAssets, "AA");
  EXPECT_THAT(readAll(id), ElementsAre(both)) << "the other one does not take what is older, such as " << old;
  subscribe(id, kAssets, "AA");
  const auto again = tell(kAssets, "AA");
  unsubscribe(id, kAssets);
  EXPECT_THAT(readAll(id), ElementsAre(again));
}

TEST_F(MailboxTaking, WhoSubscribesAgainBeginsAnew) {
  const auto id = enrol();
  subscribe(id, kAssets);
  tell(kAssets);
  unsubscribe(id, kAssets);
  admit(kAssets);
  subscribe(id, kAssets);
  fanOut();
  const auto later = tell(kAssets);
  EXPECT_THAT(readAll(id), ElementsAre(later));
}

TEST_F(MailboxTaking, ThousandsAreDroppedInParts) {
  const auto id = enrol();
  subscribe(id, kAssets);
  subscribe(id, kCases);
  for (int i = 0; i < 4500; ++i) admit(kAssets);
  const auto last = admit(kCases);
  fanOut();
  unsubscribe(id, kAssets);
  EXPECT_EQ(counter("cancelled"), 4500U);
  EXPECT_THAT(readAll(id), ElementsAre(last));
}

// The process that drops may end in the middle: nobody sees what is left, and whoever reads clears it away.
TEST_F(MailboxTaking, WhatADeadProcessDidNotDropIsNotShown) {
  const auto id = enrol();
  subscribe(id, kAssets, "AA");
  subscribe(id, kAssets, "BB");
  tell(kAssets, "AA");
  const auto first = nextId(id);
  for (int i = 0; i < 700; ++i) admit(kAssets, "AA");
  const auto wanted = tell(kAssets, "BB");
  // As the first part of the call leaves it.
  auto packed = state(id, "subs");
  packed.erase(1, 14 + 2);  // the first of the two (lib/subscription.lua)
  redis({"HSET", shard_.keys().state(id), "subs", packed});
  EXPECT_EQ(codeOf(mailboxes_.lock(id, "ada", first, kLock)), ErrorCode::NotFound);
  EXPECT_EQ(next(id), wanted);
  EXPECT_EQ(counter("cancelled"), 701U);
  EXPECT_EQ(peek(id).count, 1U);
}

TEST_F(MailboxTaking, AThousandEventsOfTwoTopicsComeInTheOrderOfTheirAcceptance) {
  const auto id = enrol();
  subscribe(id, kAssets);
  subscribe(id, kCases, "AA");
  std::vector<std::uint64_t> sequences;
  for (int i = 0; i < 1000; ++i) {
    sequences.push_back(i % 3 == 0 ? admit(kCases, "AA") : admit(kAssets, i % 2 == 0 ? "AA" : ""));
    if (i % 100 == 7) fanOut();
    if (i % 250 == 9) clock_.advance(Millis{3});
  }
  fanOut();
  EXPECT_EQ(peek(id).count, 1000U);
  EXPECT_EQ(readAll(id), sequences);
}

/// As many messages as it may have.
class FullMailbox : public MailboxTest {
 protected:
  FullMailbox() : MailboxTest({}, {.messages = 10}) {}
};

TEST_F(FullMailbox, TakesNothingMoreButIsReadUntilSomebodyResumesIt) {
  const auto id = enrol();
  subscribe(id, kAssets);
  std::vector<std::uint64_t> sequences;
  for (int i = 0; i < 12; ++i) sequences.push_back(tell(kAssets));
  EXPECT_EQ(stateOf(id).pausedReason, PausedReason::QueueFull);
  ASSERT_TRUE(stateOf(id).missed);
  EXPECT_EQ(stateOf(id).missed->count, 2U);
  EXPECT_EQ(stateOf(id).missed->firstSequence, sequences[10]);
  const auto read = readAll(id);
  EXPECT_THAT(read, ::testing::ElementsAreArray(sequences.begin(), sequences.begin() + 10));
  tell(kAssets);
  EXPECT_EQ(peek(id).count, 0U) << "nobody has resumed it";
  ASSERT_TRUE(queues_.retry(id, {}));
  EXPECT_EQ(stateOf(id).pausedReason, PausedReason::None);
  const auto taken = tell(kAssets);
  EXPECT_THAT(readAll(id), ElementsAre(taken));
}

TEST_F(FullMailbox, IsResumedByEnablingItToo) {
  const auto id = enrol();
  subscribe(id, kAssets);
  for (int i = 0; i < 12; ++i) tell(kAssets);
  auto endpoint = *registry_.find(id);
  EXPECT_FALSE(endpoint.registration.enabled);
  endpoint.registration.enabled = true;
  ASSERT_TRUE(registry_.replace(id, endpoint.version, endpoint.registration));
  EXPECT_EQ(stateOf(id).pausedReason, PausedReason::None);
  tell(kAssets);
  EXPECT_EQ(peek(id).count, 10U) << "it is still too full to go on";
  lockNext(id);
  for (int i = 0; i < 3; ++i) {
    const auto locked = lockNext(id);
    ASSERT_TRUE(mailboxes_.confirm(id, "ada", locked.message.id, locked.lockId));
  }
  tell(kAssets);
  EXPECT_EQ(peek(id).count, 8U);
}

}  // namespace
}  // namespace lull::redis
