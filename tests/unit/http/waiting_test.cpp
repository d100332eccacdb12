// Requests that are answered later, over real sockets: who may wait, for how long, and what becomes of a connection.
#include "fakes/later.hpp"

#include <sys/resource.h>

#include <ctime>
#include <memory>
#include <thread>
#include <vector>

namespace lull::http::testing {
namespace {

class WaitingTest : public ::testing::Test {
 protected:
  WaitingTest() { start(); }

  void start(std::size_t maxConnections = 40, std::size_t maxWaiting = 2000) {
    listener =
        std::make_unique<Listener>(handler, ListenerLimits{maxConnections, 100'000, bodies, replies, maxWaiting});
    const auto bound = listener->bind("127.0.0.1", 0);
    ASSERT_TRUE(std::holds_alternative<std::uint16_t>(bound));
    port = std::get<std::uint16_t>(bound);
    listener->serve();
  }

  std::unique_ptr<RawConnection> asks(const std::string& path = "/later", const std::string& method = "GET") {
    auto client = std::make_unique<RawConnection>(port);
    EXPECT_TRUE(client->send(requestText(method, path)));
    return client;
  }

  /// So many clients, each of which asks when the one before waits: until then it has one of the ordinary places.
  std::vector<std::unique_ptr<RawConnection>> parked(std::size_t count) {
    std::vector<std::unique_ptr<RawConnection>> clients;
    while (clients.size() < count) {
      const auto begun = handler.tally.begun.load();
      clients.push_back(asks());
      EXPECT_TRUE(eventually([&] { return handler.tally.begun > begun; }));
    }
    return clients;
  }

  std::string here() {
    RawConnection client(port);
    client.send(requestText("GET", "/here"));
    return client.readReply().body;
  }

  LaterHandler handler;
  MemoryBudget bodies{1 << 20};
  MemoryBudget replies{1 << 23};
  std::unique_ptr<Listener> listener;
  std::uint16_t port = 0;
};

TEST_F(WaitingTest, IsAnsweredFromAnotherThreadAndTheConnectionGoesOn) {
  const auto client = asks();
  const auto later = handler.next();
  const auto answered = std::chrono::steady_clock::now();
  std::thread([&] { later->answer("now"); }).join();
  const auto reply = client->readReply();
  EXPECT_LT(std::chrono::steady_clock::now() - answered, std::chrono::milliseconds(500)) << "it is sent at once";
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "now");
  EXPECT_EQ(reply.header("connection"), "") << "it is kept";
  client->send(requestText("GET", "/here"));
  EXPECT_EQ(client->readReply().body, "GET /here");
  client->send(requestText("GET", "/later"));
  handler.next()->answer("again");
  EXPECT_EQ(client->readReply().body, "again");
  EXPECT_EQ(handler.tally.gone, 0U);
}

TEST_F(WaitingTest, MayBeAnsweredWithinBegin) {
  const auto client = asks("/at-once");
  EXPECT_EQ(client->readReply().body, "at once");
  client->send(requestText("GET", "/at-once") + requestText("GET", "/here"));
  EXPECT_EQ(client->readReply().body, "at once");
  EXPECT_EQ(client->readReply().body, "GET /here");
}

TEST_F(WaitingTest, IsAnsweredOnceHoweverOftenItIsTried) {
  const auto client = asks();
  const auto first = handler.next();
  first->answer("one");
  first->answer("two");
  EXPECT_EQ(client->readReply().body, "one");
  client->send(requestText("GET", "/later"));
  const auto second = handler.next();
  first->answer("three");
  second->answer("four");
  EXPECT_EQ(client->readReply().body, "four") << "a late answer of the wait before is not taken for one of this";
}

TEST_F(WaitingTest, AnswersAHeadWithoutTheBody) {
  const auto client = asks("/later", "HEAD");
  handler.next()->answer("12345");
  const auto reply = client->readReply(true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-length"), "5");
  client->send(requestText("GET", "/here"));
  EXPECT_EQ(client->readReply().body, "GET /here");
}

TEST_F(WaitingTest, ClosesAfterTheAnswerWhenTheClientWantsThat) {
  RawConnection client(port);
  client.send(requestText("GET", "/later", "", {{"Connection", "close"}}));
  handler.next()->answer("bye");
  EXPECT_EQ(client.readReply().header("connection"), "close");
  EXPECT_TRUE(client.closedByServer());
}

TEST_F(WaitingTest, NoticesAClientThatHangsUp) {
  const auto before = descriptorsNow();
  auto client = asks();
  auto later = handler.next();
  EXPECT_EQ(later->goneTimes(), 0);
  client.reset();
  EXPECT_TRUE(eventually([&] { return later->goneTimes() == 1 && later.use_count() == 1; }));
  later->answer("nobody");
  EXPECT_EQ(here(), "GET /here");
  EXPECT_EQ(later->goneTimes(), 1);
  EXPECT_TRUE(eventually([&] { return descriptorsNow() == before; }));
}

TEST_F(WaitingTest, NoticesAClientThatHungUpBeforeItsWaitBegan) {
  asks("/stuck").reset();
  EXPECT_TRUE(eventually([&] { return handler.stuck == 1; }));
  handler.open = true;
  const auto later = handler.next();
  EXPECT_TRUE(eventually([&] { return later->goneTimes() == 1 && later.use_count() == 1; }));
}

TEST_F(WaitingTest, EitherGetsItsAnswerOrIsGoneNeverBoth) {
  for (int i = 0; i < 300; ++i) {
    auto client = asks();
    const auto later = handler.next();
    std::thread answering([&] { later->answer("perhaps"); });
    client.reset();
    answering.join();
    EXPECT_TRUE(eventually([&] { return later.use_count() == 1; }));
    EXPECT_LE(later->goneTimes(), 1);
  }
}

TEST_F(WaitingTest, AThousandUseNoThreadAndAreAllAnswered) {
  constexpr std::size_t kMany = 1000;
  const auto clients = parked(kMany);
  std::vector<std::shared_ptr<Later>> waiting;
  for (std::size_t i = 0; i < kMany; ++i) waiting.push_back(handler.next());
  const auto threads = threadsNow();
  EXPECT_LT(threads, 40U) << "those that were needed to read the requests";
  std::size_t most = 0;
  const auto answered = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kMany; ++i) waiting[i]->answer("answer " + std::to_string(i));
  for (std::size_t i = 0; i < kMany; ++i) {
    EXPECT_EQ(clients[i]->readReply().body, "answer " + std::to_string(i));
    if (i % 100 == 0) most = std::max(most, threadsNow());
  }
  EXPECT_LE(most, threads + 4);
  EXPECT_LT(std::chrono::steady_clock::now() - answered, std::chrono::seconds(5));
}

TEST_F(WaitingTest, LeavesWhatTheClientSendsMeanwhileForLater) {
  const auto client = asks();
  const auto later = handler.next();
  client->send(requestText("GET", "/here"));
  const auto before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 10) << "unread bytes keep nobody busy";
  later->answer("first");
  EXPECT_EQ(client->readReply().body, "first");
  EXPECT_EQ(client->readReply().body, "GET /here");
}

TEST_F(WaitingTest, KeepsAFewBytesThatCameWithTheRequestAndClosesAfterMany) {
  RawConnection few(port);
  few.send(requestText("GET", "/later") + requestText("GET", "/here"));
  handler.next()->answer("first");
  EXPECT_EQ(few.readReply().body, "first");
  EXPECT_EQ(few.readReply().body, "GET /here");
  RawConnection many(port);
  many.send(requestText("GET", "/later") + requestText("POST", "/here", std::string(10'000, 'x')));
  handler.next()->answer("first");
  const auto reply = many.readReply();
  EXPECT_EQ(reply.body, "first");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(many.closedByServer());
}

TEST_F(WaitingTest, TakesNoPlaceFromOthers) {
  const auto clients = parked(200);
  std::vector<std::unique_ptr<RawConnection>> strangers;
  for (int i = 0; i < 100; ++i) {
    strangers.push_back(std::make_unique<RawConnection>(port));
    if (i % 10 == 0) {
      EXPECT_EQ(here(), "GET /here");
    }
  }
  EXPECT_EQ(handler.tally.gone, 0U) << "nobody pushes them out";
  for (int i = 0; i < 200; ++i) handler.next()->answer("x");
  int closed = 0;
  for (const auto& client : clients) {
    const auto reply = client->readReply();
    EXPECT_EQ(reply.body, "x") << "also when all places are taken";
    closed += reply.header("connection") == "close" ? 1 : 0;
  }
  EXPECT_GE(closed, 150) << "but they are not kept beyond those";
  EXPECT_EQ(here(), "GET /here");
}

TEST_F(WaitingTest, HasPlacesForSoManyAndRefusesOthers) {
  start(4, 2);
  auto clients = parked(2);
  const auto third = asks();
  EXPECT_EQ(third->readReply().status, 503);
  EXPECT_EQ(handler.tally.begun, 2U);
  EXPECT_EQ(handler.tally.gone, 1U) << "whoever would have answered it knows";
  clients.pop_back();
  EXPECT_TRUE(eventually([&] { return handler.tally.gone == 2; }));
  third->send(requestText("GET", "/later"));
  EXPECT_TRUE(eventually([&] { return handler.tally.begun == 3; }));
  listener.reset();
}

TEST_F(WaitingTest, LosesNothingToClientsThatConnectAskAndVanish) {
  start(200);
  handler.keep = false;
  EXPECT_EQ(here(), "GET /here");
  const auto before = descriptorsNow();
  for (std::size_t i = 1; i <= 2000; ++i) {
    asks().reset();
    if (i % 100 == 0) {
      ASSERT_TRUE(eventually([&] { return handler.tally.gone == i; }));
    }
  }
  EXPECT_TRUE(eventually([&] { return handler.tally.alive == 0; }));
  EXPECT_EQ(handler.tally.gone, handler.tally.begun);
  EXPECT_TRUE(eventually([&] { return descriptorsNow() <= before; })) << descriptorsNow() << " of " << before;
  EXPECT_EQ(here(), "GET /here");
}

TEST_F(WaitingTest, IsSentWholeToClientsThatReadSlowly) {
  const auto slow = asks();
  const std::string large(3'000'000, 'l');
  handler.next()->answer(large);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(here(), "GET /here") << "nobody waits for it";
  EXPECT_EQ(slow->readReply().body, large);
  slow->send(requestText("GET", "/here"));
  EXPECT_EQ(slow->readReply().body, "GET /here");
}

TEST_F(WaitingTest, IsSentWholeWhenTheSystemTakesOnlyAPart) {
  constexpr int kAnswers = 100;
  const std::string part(60'000, 'p');
  RawConnection slow(port);
  std::string requests;
  for (int i = 0; i < kAnswers; ++i) requests += requestText("GET", "/later");
  slow.send(requests);
  std::thread answering([&] {
    for (int i = 0; i < kAnswers; ++i) handler.next()->answer(std::to_string(i) + part);
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(here(), "GET /here");
  for (int i = 0; i < kAnswers; ++i) EXPECT_EQ(slow.readReply().body, std::to_string(i) + part);
  answering.join();
}

TEST_F(WaitingTest, IsStillAnsweredWhileTheListenerStops) {
  const auto client = asks();
  const auto stuck = asks("/stuck");
  const auto later = handler.next();
  EXPECT_TRUE(eventually([&] { return handler.stuck == 1; }));
  listener->stopIntake();
  EXPECT_FALSE(listener->awaitReplies(runtime::Deadline::in(std::chrono::milliseconds(1))));
  handler.open = true;
  const auto tooLate = handler.next();
  EXPECT_EQ(handler.tally.gone, 0U) << "that the listener reads no more is not taken for a hang-up";
  later->answer("before the end");
  tooLate->answer("just before the end");
  const auto reply = client->readReply();
  EXPECT_EQ(reply.body, "before the end");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(stuck->readReply().body, "just before the end");
  EXPECT_TRUE(listener->awaitReplies(runtime::Deadline::in(std::chrono::seconds(10))));
  EXPECT_EQ(handler.tally.gone, 0U);
}

TEST_F(WaitingTest, EndsWithTheListenerWhenNobodyAnswers) {
  const auto clients = parked(100);
  const auto later = handler.next();
  const auto began = std::chrono::steady_clock::now();
  listener->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
  EXPECT_EQ(handler.tally.gone, 100U);
  for (const auto& client : clients) EXPECT_TRUE(client->closedByServer());
  later->answer("to nobody");
  listener.reset();
  later->answer("to nobody at all");
}

TEST_F(WaitingTest, MayBeAnsweredWhileTheListenerEnds) {
  for (int i = 0; i < 20; ++i) {
    start();
    const auto clients = parked(20);
    std::vector<std::shared_ptr<Later>> waiting;
    for (int k = 0; k < 20; ++k) waiting.push_back(handler.next());
    std::thread answering([&] {
      for (const auto& later : waiting) later->answer("x");
    });
    listener->stop();
    listener.reset();
    answering.join();
    for (const auto& later : waiting) EXPECT_EQ(later.use_count(), 1);
  }
}

}  // namespace
}  // namespace lull::http::testing
