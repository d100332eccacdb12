// Mailboxes as their clients see them: the same on both faces, and with parameters in the query or in a form.
#include "../../../service/api/mailboxes/mailbox_input.hpp"
#include "fakes/mailbox_client.hpp"

#include <gmock/gmock.h>

#include <future>

namespace lull::api::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Mailboxes : public ::testing::TestWithParam<FaceKind> {
 protected:
  MailboxServer server;
  ApiFixture& api = server.api;
  Backend& backend = api.backend;
  MailboxClient client{api, GetParam(), "ada"};
  MailboxClient other{api, GetParam(), "bob"};
  MailboxClient ops{api, GetParam(), "ops"};
  const std::string box = client.enrolled("Desk");
};

std::string nameOf(const ::testing::TestParamInfo<FaceKind>& face) {
  switch (face.param) {
    case FaceKind::ClassicQuery:
      return "ClassicQuery";
    case FaceKind::ClassicForm:
      return "ClassicForm";
    case FaceKind::Rest:
      break;
  }
  return "Rest";
}

INSTANTIATE_TEST_SUITE_P(Faces, Mailboxes,
                         ::testing::Values(FaceKind::ClassicQuery, FaceKind::ClassicForm, FaceKind::Rest), nameOf);

TEST_P(Mailboxes, TheWalkOfAMessage) {
  const auto subscribed = client.subscribe(box, "AssetChanged", "AA");
  EXPECT_EQ(subscribed.status, client.isRest() ? 204 : 200);
  if (!client.isRest()) {
    EXPECT_EQ(subscribed.body, "null");
  }
  EXPECT_THAT(client.subscriptions(box), ElementsAre("AssetChanged/AA"));
  EXPECT_EQ(client.next(box), "");
  backend.mailboxes.arrive(assetCreated("AA"));
  const auto seen = client.peek(box);
  const auto message = client.nextIn(seen);
  const auto got = client.lock(box, message);
  if (client.isRest()) {
    EXPECT_EQ(seen.json(), Json::parse(R"({"count":1,"next":{"id":"msg_m1_1001","topic":"AssetChanged","scope":"AA",
        "sequence":1001,"enqueuedAt":"2026-11-23T21:19:06.123Z"}})"));
    EXPECT_EQ(got.json(), Json::parse(R"({"lockId":"lock-1","lockedUntil":"2026-11-23T21:19:36.123Z",
        "topic":"AssetChanged","scope":"AA","type":"AssetCreated","body":{"title":"Chair"},
        "enqueuedAt":"2026-11-23T21:19:06.123Z"})"));
  } else {
    EXPECT_EQ(seen.json(), Json::parse(R"({"MessageCount":1,"NextMessageId":"msg_m1_1001"})"));
    EXPECT_EQ(got.json(), Json::parse(R"({"MessageId":"msg_m1_1001","LockId":"lock-1","Topic":"AssetChanged",
        "CompanyCode":"AA","MessageType":"AssetCreated","MessageBody":{"title":"Chair"},
        "EnqueueTime":"2026-11-23T21:19:06.123Z"})"));
  }
  const auto confirmed = client.confirm(box, message, client.lockIdIn(got));
  EXPECT_EQ(confirmed.status, client.isRest() ? 204 : 200) << confirmed.body;
  if (!client.isRest()) {
    EXPECT_EQ(confirmed.json(), Json::parse(R"({"MessageId":"msg_m1_1001"})"));
  }
  EXPECT_EQ(client.next(box), "");
}

TEST_P(Mailboxes, WhatCameBeforeTheSubscriptionIsNotReceived) {
  backend.mailboxes.arrive(assetCreated());
  client.subscribe(box, "AssetChanged");
  EXPECT_EQ(client.next(box), "");
  backend.mailboxes.arrive(assetCreated());
  EXPECT_EQ(client.next(box), "msg_m1_1002");
}

TEST_P(Mailboxes, AScopeDoesNotSeeAnotherAndAnySeesAll) {
  const auto any = client.enrolled("Any");
  client.subscribe(box, "AssetChanged", "AA");
  client.subscribe(any, "AssetChanged", "");
  EXPECT_THAT(client.subscriptions(any), ElementsAre("AssetChanged/any"));
  for (const auto* scope : {"BB", ""}) backend.mailboxes.arrive(assetCreated(scope));
  EXPECT_EQ(client.next(box), "");
  EXPECT_EQ(client.next(any), "msg_m2_1001");
  backend.mailboxes.arrive(assetCreated("AA"));
  EXPECT_EQ(client.next(box), "msg_m1_1003");
}

TEST_P(Mailboxes, TwoSubscribersHaveCopiesOfTheirOwn) {
  const auto second = client.enrolled("Second");
  for (const auto& id : {box, second}) client.subscribe(id, "AssetChanged");
  backend.mailboxes.arrive(assetCreated());
  const auto lock = client.lockIdIn(client.lock(box, client.next(box)));
  EXPECT_LT(client.confirm(box, "msg_m1_1001", lock).status, 300);
  EXPECT_EQ(client.next(box), "");
  EXPECT_EQ(client.next(second), "msg_m2_1001");
}

TEST_P(Mailboxes, PeekLocksNothingAndALockKeepsOthersOut) {
  client.subscribe(box, "AssetChanged");
  for (int more = 0; more < 2; ++more) backend.mailboxes.arrive(assetCreated());
  EXPECT_EQ(client.next(box), "msg_m1_1001");
  EXPECT_EQ(client.next(box), "msg_m1_1001");
  EXPECT_EQ(client.lock(box, "msg_m1_1001").status, 200);
  EXPECT_EQ(client.lock(box, "msg_m1_1001").status, 409);
  const auto seen = client.peek(box);
  EXPECT_EQ(client.nextIn(seen), "msg_m1_1002");
  EXPECT_EQ(seen.json().at(client.isRest() ? "count" : "MessageCount"), 2) << "locked ones are counted";
}

TEST_P(Mailboxes, AfterItsLockAMessageWaitsInItsOldPlaceAndTheOldLockIdIsRefused) {
  client.subscribe(box, "AssetChanged");
  for (int more = 0; more < 2; ++more) backend.mailboxes.arrive(assetCreated());
  const auto first = client.lockIdIn(client.lock(box, "msg_m1_1001", "5"));
  backend.mailboxes.advance(std::chrono::seconds(5));
  EXPECT_EQ(client.confirm(box, "msg_m1_1001", first).status, 409);
  EXPECT_EQ(client.next(box), "msg_m1_1001");
  const auto second = client.lockIdIn(client.lock(box, "msg_m1_1001", "5"));
  EXPECT_NE(first, second);
  EXPECT_EQ(client.confirm(box, "msg_m1_1001", first).status, 409);
  EXPECT_LT(client.confirm(box, "msg_m1_1001", second).status, 300);
}

TEST_P(Mailboxes, ConfirmNeedsTheLockAndWorksOnce) {
  client.subscribe(box, "AssetChanged");
  backend.mailboxes.arrive(assetCreated());
  const auto lock = client.lockIdIn(client.lock(box, "msg_m1_1001"));
  for (const auto& none : {std::optional<std::string>(), std::optional<std::string>("")}) {
    const auto reply = client.confirm(box, "msg_m1_1001", none);
    EXPECT_EQ(reply.status, 400) << reply.body;
    EXPECT_THAT(pointersOf(reply), ElementsAre("lockId"));
  }
  EXPECT_EQ(client.confirm(box, "msg_m1_1001", "guessed").status, 409);
  EXPECT_LT(client.confirm(box, "msg_m1_1001", lock).status, 300);
  EXPECT_EQ(client.confirm(box, "msg_m1_1001", lock).status, 404);
  EXPECT_EQ(client.lock(box, "msg_m1_1001").status, 404);
}

TEST_P(Mailboxes, OfAnotherCredentialDoNotExistAndAnOperatorReachesAll) {
  client.subscribe(box, "AssetChanged");
  backend.mailboxes.arrive(assetCreated());
  const std::string message = "msg_m1_1001";
  for (const auto& id : {box, std::string("ep_00000000000000000999"), std::string("not an id")}) {
    const auto view = other.isRest() ? other.rest("GET", "/" + encoded(id), {})
                                     : other.classic("GET", "ViewSubscriptions", {{"subscriberId", id}});
    for (const auto& reply :
         {other.subscribe(id, "AssetChanged"), other.unsubscribe(id, "AssetChanged"), other.peek(id, "60"),
          other.lock(id, message), other.confirm(id, message, "lock-1"), view}) {
      EXPECT_EQ(reply.status, 404) << id << reply.body;
    }
  }
  if (other.isRest()) {
    EXPECT_EQ(other.rest("DELETE", "/" + box, {}).status, 404);
  }
  EXPECT_NE(other.enrolled("Desk"), box) << "a name belongs to a credential";
  EXPECT_EQ(ops.next(box), message);
  const auto lock = ops.lockIdIn(ops.lock(box, message));
  EXPECT_LT(ops.confirm(box, message, lock).status, 300);
}

TEST_P(Mailboxes, RegisteringOneAgainGivesTheSame) {
  client.subscribe(box, "AssetChanged");
  const auto again = client.enrol("Desk");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(client.idIn(again), box);
  EXPECT_THAT(client.subscriptions(box), ElementsAre("AssetChanged/any"));
  const auto fresh = client.enrol("Another");
  EXPECT_EQ(fresh.status, client.isRest() ? 201 : 200);
  if (client.isRest()) {
    EXPECT_EQ(fresh.header("location"), "/api/v1/mailboxes/" + client.idIn(fresh));
  }
}

TEST_P(Mailboxes, UnsubscribeDropsTheMessagesOfThatPairOnly) {
  client.subscribe(box, "AssetChanged", "AA");
  client.subscribe(box, "MetafieldChanged");
  client.subscribe(box, "AssetChanged", "AA");
  EXPECT_THAT(client.subscriptions(box), ElementsAre("AssetChanged/AA", "MetafieldChanged/any")) << "twice is once";
  backend.mailboxes.arrive(assetCreated("AA"));
  backend.mailboxes.arrive(metafieldChanged());
  EXPECT_LT(client.unsubscribe(box, "AssetChanged").status, 300) << "there is no such one";
  EXPECT_EQ(client.next(box), "msg_m1_1001");
  const auto dropped = client.unsubscribe(box, "AssetChanged", "AA");
  EXPECT_EQ(dropped.status, client.isRest() ? 204 : 200);
  if (!client.isRest()) {
    EXPECT_EQ(dropped.body, "null");
  }
  EXPECT_EQ(client.next(box), "msg_m1_1002");
}

TEST_P(Mailboxes, TopicsAreMatchedExactly) {
  for (const auto* topic : {"assetchanged", "AssetCreated", "Nothing", "unknown (2)"}) {
    EXPECT_EQ(client.subscribe(box, topic).status, 404) << topic;
  }
  EXPECT_EQ(client.unsubscribe(box, "Nothing").status, 404);
  EXPECT_THAT(client.subscriptions(box), IsEmpty());
}

TEST_P(Mailboxes, ASubscriptionToATopicThatTheCatalogueHasLostCanBeGivenUp) {
  ASSERT_TRUE(backend.mailboxes.subscribe(box, std::nullopt, {1U << 20, ""}));
  EXPECT_THAT(client.subscriptions(box), ElementsAre("unknown (1048576)/any"));
  EXPECT_LT(client.unsubscribe(box, "unknown (1048576)").status, 300);
  EXPECT_THAT(client.subscriptions(box), IsEmpty());
}

TEST_P(Mailboxes, WaitOfZeroAnswersAtOnceAndWhatIsNoNumberIsRefused) {
  EXPECT_EQ(client.nextIn(client.peek(box, "0")), "");
  for (const auto* bad : {"-1", "x", "", "1.5", " 5", "0x10", "1e3"}) {
    const auto reply = client.peek(box, bad);
    EXPECT_EQ(reply.status, 400) << bad;
    EXPECT_THAT(pointersOf(reply), ElementsAre(client.isRest() ? "wait" : "timeout")) << bad;
  }
}

TEST_P(Mailboxes, APeekWaitsUntilAMessageComesOrTheMailboxGoes) {
  client.subscribe(box, "AssetChanged");
  const auto wait = [&](const std::string& seconds) {
    auto reply = std::async(std::launch::async, [&, seconds] { return client.peek(box, seconds); });
    while (backend.polls.waitingFor(box) == 0) std::this_thread::yield();
    return reply;
  };
  auto first = wait("60");
  backend.mailboxes.arrive(assetCreated());
  backend.polls.stirred(box);
  EXPECT_EQ(client.nextIn(first.get()), "msg_m1_1001");
  EXPECT_EQ(backend.polls.waiting(), 0U);
  EXPECT_EQ(client.lock(box, "msg_m1_1001").status, 200);
  auto second = wait("1");
  const auto none = second.get();
  EXPECT_EQ(client.nextIn(none), "") << "the one message is locked";
  if (!client.isRest()) {
    EXPECT_EQ(none.json(), Json::parse(R"({"MessageCount":1,"NextMessageId":null,"TimedOut":true})"));
  }
  auto third = wait("60");
  ASSERT_TRUE(backend.mailboxes.remove(box, std::nullopt));
  backend.polls.stirred(box);
  const auto gone = third.get();
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.json().at("traceId").get<std::string>().size(), 32U);
}

TEST_P(Mailboxes, WhenTooManyWaitAPeekIsTurnedAwayUnlessThereIsAMessage) {
  client.subscribe(box, "AssetChanged");
  std::vector<lull::mailboxes::Polls::Ticket> taken;
  while (auto ticket = backend.polls.open("ep_another")) taken.push_back(*std::move(ticket));
  EXPECT_EQ(taken.size(), 10'000U);
  const auto reply = client.peek(box, "60");
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.header("retry-after"), Not(IsEmpty()));
  EXPECT_THAT(reply.body, HasSubstr("Mailboxes:MaxWaiting"));
  EXPECT_EQ(client.nextIn(client.peek(box, "0")), "");
  backend.mailboxes.arrive(assetCreated());
  EXPECT_EQ(client.nextIn(client.peek(box, "60")), "msg_m1_1001");
}

TEST_P(Mailboxes, NamesScopesAndLockTimesHaveLimits) {
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "é";
  EXPECT_LT(client.enrol(wide).status, 300);
  for (const auto& name : {std::string(), wide + "x"}) EXPECT_EQ(client.enrol(name).status, 400) << name.size();
  EXPECT_LT(client.subscribe(box, "AssetChanged", wide.substr(0, 200)).status, 300) << "100 characters";
  const auto long101 = client.subscribe(box, "AssetChanged", wide.substr(0, 200) + "x");
  EXPECT_EQ(long101.status, 400);
  EXPECT_THAT(pointersOf(long101), ElementsAre(client.isRest() ? "scope" : "companyCode"));
  client.subscribe(box, "AssetChanged");
  backend.mailboxes.arrive(assetCreated());
  for (const auto* seconds : {"0", "3601", "-1", "1.5", "99999999999999999999"}) {
    const auto reply = client.lock(box, "msg_m1_1001", seconds);
    EXPECT_EQ(reply.status, 400) << seconds;
    EXPECT_THAT(pointersOf(reply), ElementsAre(client.isRest() ? "/seconds" : "lockTimeout")) << seconds;
  }
  EXPECT_EQ(client.lock(box, "msg_m1_1001", "3600").status, 200);
  backend.mailboxes.advance(std::chrono::seconds(3599));
  EXPECT_EQ(client.next(box), "");
}

TEST_P(Mailboxes, TheBodyIsTheDataAsItWasPublished) {
  client.subscribe(box, "AssetChanged");
  const std::string data = R"({"n":1.50,"big":123456789012345678901234567890,"text":"ä"})";
  backend.mailboxes.arrive(assetCreated("", data));
  const auto got = client.lock(box, "msg_m1_1001");
  EXPECT_THAT(got.body, HasSubstr((client.isRest() ? R"("body":)" : R"("MessageBody":)") + data + ","));
  backend.mailboxes.arrive(assetCreated("", ""));
  const auto notification = client.lock(box, "msg_m1_1002");
  EXPECT_EQ(client.bodyIn(notification).at("ChangeType"), 1) << "without data it is the notification, and no text";
}

TEST_P(Mailboxes, AStoreThatDoesNotAnswerIsA503) {
  backend.mailboxes.fail(Error{ErrorCode::Unavailable, "The store does not answer."});
  for (const auto& reply : {client.enrol("Desk"), client.subscribe(box, "AssetChanged"), client.peek(box, "60"),
                            client.lock(box, "m"), client.confirm(box, "m", "l")}) {
    EXPECT_EQ(reply.status, 503) << reply.body;
  }
  EXPECT_EQ(backend.polls.waiting(), 0U);
}

TEST_P(Mailboxes, NoLineOfTheJournalHoldsALockId) {
  client.subscribe(box, "AssetChanged");
  backend.mailboxes.arrive(assetCreated());
  const auto lock = client.lockIdIn(client.lock(box, "msg_m1_1001"));
  client.confirm(box, "msg_m1_1001", "lock-of-another");
  client.confirm(box, "msg_m1_1001", lock);
  EXPECT_THAT(backend.journal.audits(), Contains("ada message.confirm " + box + " 409"));
  EXPECT_THAT(backend.journal.audits(), Contains(HasSubstr("ada message.lock " + box)));
  EXPECT_THAT(backend.journal.audits(), Contains(HasSubstr("ada mailbox.subscribe " + box)));
  EXPECT_THAT(backend.journal.audits(), Contains(HasSubstr("ada mailbox.register " + box)));
  EXPECT_THAT(backend.journal.audits(), Each(Not(HasSubstr("lock-"))));
  EXPECT_THAT(backend.journal.requests(), Each(Not(HasSubstr("lock-"))));
}

TEST(MailboxWait, IsClampedAndHasADefault) {
  const auto wait = [](const std::string& query) {
    InputErrors errors;
    const auto span = waitIn(Query(query, "wait", errors), "wait", errors);
    EXPECT_TRUE(errors.empty()) << query;
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
  };
  EXPECT_EQ(wait(""), 90);
  EXPECT_EQ(wait("wait=0"), 0);
  EXPECT_EQ(wait("wait=2"), 2);
  EXPECT_EQ(wait("wait=90"), 90);
  EXPECT_EQ(wait("wait=120"), 90);
  EXPECT_EQ(wait("wait=99999999999999999999999"), 90) << "a number, and more than 90";
}

}  // namespace
}  // namespace lull::api::testing
