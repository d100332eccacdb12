#include <lull/mailboxes/polls.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>

namespace lull::mailboxes {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Mailboxes that hold what a test puts into them.
struct FakeBoxes : ports::MailboxLooks, ports::MailboxNews {
  std::vector<Result<ports::Glance>> look(const std::vector<EndpointId>& ids) override {
    std::vector<Result<ports::Glance>> found;
    looked.insert(looked.end(), ids.begin(), ids.end());
    for (const auto& id : ids) found.push_back(glance(id));
    return found;
  }
  Result<ports::Glance> glance(const EndpointId& id) {
    if (away) return Error{ErrorCode::Unavailable, "Redis is away."};
    if (gone.contains(id)) return Error{ErrorCode::NotFound, "There is no such mailbox."};
    ports::Glance glance{counts[id], std::nullopt};
    if (unlocked.contains(id)) glance.next = ports::MailboxMessage{unlocked.at(id), {}, {}};
    return glance;
  }
  Result<Since> since(std::uint64_t mark) override {
    asked.push_back(mark);
    if (away) return Error{ErrorCode::Unavailable, "Redis is away."};
    return Since{mark + 1, std::exchange(missed, {}), mark == 0};
  }
  void put(const EndpointId& id, std::string message) {
    unlocked[id] = std::move(message);
    ++counts[id];
  }

  std::map<EndpointId, std::string> unlocked;
  std::map<EndpointId, std::uint64_t> counts;
  std::set<EndpointId> gone;
  std::vector<EndpointId> missed;
  std::vector<EndpointId> looked;
  std::vector<std::uint64_t> asked;
  bool away = false;
};

struct PollsTest : ::testing::Test {
  /// A call that waits, and what it was answered.
  struct Client {
    std::optional<Polls::Ticket> ticket;
    std::vector<std::string> answers;
  };

  std::unique_ptr<Client> open(const EndpointId& id) {
    auto client = std::make_unique<Client>();
    if (auto ticket = polls.open(id)) client->ticket.emplace(std::move(*ticket));
    return client;
  }
  void wait(Client& client, milliseconds timeout = seconds(90), std::uint64_t count = 0) {
    polls.wait(*client.ticket, timeout, count, [&client](const Result<ports::Glance>& found) {
      client.answers.push_back(!found        ? found.error().message
                               : found->next ? found->next->id
                                             : "nothing of " + std::to_string(found->count));
    });
  }
  std::unique_ptr<Client> waiting(const EndpointId& id, milliseconds timeout = seconds(90)) {
    auto client = open(id);
    wait(*client, timeout);
    return client;
  }
  /// The first question for news names every mailbox; after it only what stirs is looked at.
  void settleDown() {
    polls.turn();
    polls.turn();
    boxes.looked.clear();
    boxes.asked.clear();
  }

  FakeBoxes boxes;
  Polls::Time now{};
  Polls polls{boxes, boxes, {3, [this] { return now; }}};
};

TEST_F(PollsTest, AMessageAnswersEveryCallOfItsMailboxAndNoOther) {
  const auto one = waiting("ep_a"), two = waiting("ep_a"), other = waiting("ep_b");
  settleDown();
  boxes.put("ep_a", "msg_1");
  polls.stirred("ep_a");
  polls.turn();
  EXPECT_THAT(one->answers, ElementsAre("msg_1"));
  EXPECT_THAT(two->answers, ElementsAre("msg_1"));
  EXPECT_THAT(other->answers, IsEmpty());
  EXPECT_THAT(boxes.looked, ElementsAre("ep_a"));
  EXPECT_EQ(polls.waiting(), 1U);
  EXPECT_EQ(polls.waitingFor("ep_a"), 0U);
  EXPECT_EQ(polls.waitingFor("ep_b"), 1U);
}

TEST_F(PollsTest, WhatArrivesBetweenTheFirstLookAndTheWaitIsNoticed) {
  const auto before = waiting("ep_b");
  settleDown();
  const auto client = open("ep_a");
  boxes.put("ep_a", "msg_1");
  polls.stirred("ep_a");
  polls.turn();
  EXPECT_EQ(polls.waiting(), 1U) << "an open call does not wait yet";
  wait(*client);
  polls.turn();
  EXPECT_THAT(client->answers, ElementsAre("msg_1"));
}

TEST_F(PollsTest, ANoticeWithoutAnUnlockedMessageLetsTheCallWait) {
  const auto client = waiting("ep_a");
  settleDown();
  boxes.counts["ep_a"] = 4;
  polls.stirred("ep_a");
  polls.turn();
  EXPECT_THAT(client->answers, IsEmpty());
  EXPECT_EQ(polls.waiting(), 1U);
}

TEST_F(PollsTest, ATimeOutIsAnsweredWithWhatTheMailboxHoldsThen) {
  const auto soon = waiting("ep_a", seconds(2)), later = waiting("ep_a", seconds(3));
  boxes.counts["ep_a"] = 7;
  settleDown();
  now += milliseconds(1999);
  polls.turn();
  EXPECT_THAT(soon->answers, IsEmpty());
  now += milliseconds(1);
  polls.turn();
  EXPECT_THAT(soon->answers, ElementsAre("nothing of 7"));
  EXPECT_THAT(later->answers, IsEmpty());
}

TEST_F(PollsTest, RestsUntilTheNextTimeOutButNeverLongerThanASecond) {
  const auto far = waiting("ep_a", seconds(90));
  settleDown();
  EXPECT_EQ(polls.turn(), seconds(1));
  const auto near = waiting("ep_a", milliseconds(300));
  EXPECT_EQ(polls.turn(), milliseconds(300));
}

TEST_F(PollsTest, WithoutCallsNothingIsAskedAndTheRestIsWithoutEnd) {
  EXPECT_EQ(polls.turn(), std::chrono::nanoseconds::max());
  polls.stirred("ep_a");
  polls.turn();
  EXPECT_THAT(boxes.looked, IsEmpty());
  EXPECT_THAT(boxes.asked, IsEmpty());
}

TEST_F(PollsTest, ALostNoticeIsMadeUpForOnceASecond) {
  const auto client = waiting("ep_a");
  settleDown();
  boxes.put("ep_a", "msg_1");
  boxes.missed = {"ep_a", "ep_nobody"};
  now += milliseconds(999);
  polls.turn();
  EXPECT_THAT(client->answers, IsEmpty());
  EXPECT_THAT(boxes.asked, IsEmpty());
  now += milliseconds(1);
  polls.turn();
  EXPECT_THAT(client->answers, ElementsAre("msg_1"));
  EXPECT_THAT(boxes.asked, ElementsAre(1));
  EXPECT_THAT(boxes.looked, ElementsAre("ep_a"));
}

TEST_F(PollsTest, AfterLostNoticesEveryMailboxIsLookedAtAlsoForCallsThatAreOnlyOpen) {
  const auto one = waiting("ep_a"), open = this->open("ep_b");
  settleDown();
  boxes.put("ep_a", "msg_1");
  boxes.put("ep_b", "msg_2");
  polls.stirredAll();
  polls.turn();
  wait(*open);
  polls.turn();
  EXPECT_THAT(one->answers, ElementsAre("msg_1"));
  EXPECT_THAT(open->answers, ElementsAre("msg_2"));
}

TEST_F(PollsTest, NoMoreCallsAreOpenThanMayBe) {
  auto a = open("ep_a"), b = open("ep_b");
  const auto c = waiting("ep_c");
  EXPECT_FALSE(polls.open("ep_d").has_value());
  a->ticket.reset();
  EXPECT_TRUE(polls.open("ep_d").has_value());
}

TEST_F(PollsTest, ACallThatWasAnsweredMakesRoom) {
  const auto a = waiting("ep_a"), b = waiting("ep_a"), c = waiting("ep_a");
  ASSERT_FALSE(polls.open("ep_b").has_value());
  boxes.put("ep_a", "msg_1");
  polls.stirred("ep_a");
  polls.turn();
  EXPECT_TRUE(polls.open("ep_b").has_value());
  EXPECT_EQ(polls.waiting(), 0U);
}

TEST_F(PollsTest, AClientThatHasGoneIsNotAnswered) {
  const auto gone = waiting("ep_a"), stays = waiting("ep_a");
  settleDown();
  gone->ticket.reset();
  EXPECT_EQ(polls.waiting(), 1U);
  boxes.put("ep_a", "msg_1");
  polls.stirred("ep_a");
  polls.turn();
  EXPECT_THAT(gone->answers, IsEmpty());
  EXPECT_THAT(stays->answers, ElementsAre("msg_1"));
}

TEST_F(PollsTest, ARemovedMailboxAnswersItsCallsWithThat) {
  const auto client = waiting("ep_a");
  settleDown();
  boxes.gone.insert("ep_a");
  polls.stirred("ep_a");
  polls.turn();
  EXPECT_THAT(client->answers, ElementsAre("There is no such mailbox."));
}

TEST_F(PollsTest, WhileTheStoreIsAwayCallsWaitAndOnlyThoseWhoseTimeIsUpAreTold) {
  const auto soon = waiting("ep_a", seconds(2)), later = waiting("ep_a");
  settleDown();
  boxes.put("ep_a", "msg_1");
  boxes.away = true;
  polls.stirred("ep_a");
  EXPECT_GT(polls.turn(), seconds(0)) << "it does not spin";
  now += seconds(2);
  polls.turn();
  EXPECT_THAT(soon->answers, ElementsAre("Redis is away."));
  EXPECT_THAT(later->answers, IsEmpty());
  boxes.away = false;
  now += seconds(1);
  polls.turn();
  EXPECT_THAT(later->answers, ElementsAre("msg_1"));
}

TEST_F(PollsTest, AStopAnswersAllCallsAtOnceAndThoseThatComeLater) {
  auto client = open("ep_a");
  wait(*client, seconds(90), 5);
  const auto open = this->open("ep_b");
  settleDown();
  polls.stop();
  EXPECT_THAT(client->answers, ElementsAre("nothing of 0")) << "as the last look found it";
  wait(*open, seconds(90), 2);
  EXPECT_THAT(open->answers, ElementsAre("nothing of 2"));
  EXPECT_THAT(boxes.looked, IsEmpty()) << "the store is not asked";
  EXPECT_EQ(polls.waiting(), 0U);
  polls.run();  // returns
}

TEST_F(PollsTest, ManyMailboxesAreLookedAtInParts) {
  Polls many(boxes, boxes, {1000, [this] { return now; }});
  std::vector<Polls::Ticket> tickets;
  int answered = 0;
  for (int i = 0; i < 600; ++i) {
    const auto id = "ep_" + std::to_string(i);
    boxes.put(id, "msg");
    tickets.push_back(std::move(*many.open(id)));
    many.wait(tickets.back(), seconds(90), 0, [&](const Result<ports::Glance>&) { ++answered; });
  }
  many.turn();
  EXPECT_EQ(answered, 600);
}

TEST_F(PollsTest, ItsThreadAnswersWhatStirsAndEnds) {
  FakeBoxes held;
  Polls real(held, held, {});
  std::jthread thread([&] { real.run(); });
  auto ticket = real.open("ep_a");
  std::promise<std::string> told;
  held.put("ep_a", "msg_1");
  real.wait(*ticket, seconds(90), 0, [&](const Result<ports::Glance>& found) { told.set_value(found->next->id); });
  real.stirred("ep_a");
  EXPECT_EQ(told.get_future().get(), "msg_1");
  real.stop();
}

}  // namespace
}  // namespace lull::mailboxes
