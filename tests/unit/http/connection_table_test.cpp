// Which connection has to go when places or threads are short, on socket pairs.
#include "../../../service/http/connection_table.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <string>
#include <thread>

namespace lull::http {
namespace {

using Id = ConnectionTable::Id;

/// A table of four places, and the clients' ends of what is in it.
class ConnectionTableTest : public ::testing::Test {
 protected:
  struct Client {
    Id id;
    int socket;
  };

  ~ConnectionTableTest() override {
    for (const auto& client : clients) ::close(client.socket);
  }

  /// nullptr: turned away.
  Client* comes(const std::string& address) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const auto id = table.admit(ends[0], address);
    if (id) return &clients.emplace_back(Client{*id, ends[1]});
    ::close(ends[0]);
    ::close(ends[1]);
    return nullptr;
  }

  static bool isOpen(const Client* client) {
    char byte = 0;
    return ::recv(client->socket, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

  /// The connection serves a request and is idle again.
  void knows(const Client* client) {
    ASSERT_NE(table.take(client->id).connection, nullptr);
    table.vouch(client->id);
    table.park(client->id, [](int) {});
  }

  /// A thread waits for the rest of a head, and has waited for longer than is usual.
  std::thread dawdles(const Client* client) {
    auto* connection = table.take(client->id).connection;
    EXPECT_EQ(::send(client->socket, "G", 1, 0), 1);
    std::thread thread([connection] {
      EXPECT_EQ(connection->awaitHead(std::chrono::milliseconds(5000)), HeadState::TooSlow);
      EXPECT_TRUE(connection->hurried());
    });
    while (connection->awaitedSince() > std::chrono::steady_clock::now() - std::chrono::milliseconds(251)) {
      std::this_thread::yield();
    }
    return thread;
  }

  std::atomic<bool> stopping{false};
  ConnectionTable table{4, stopping, 2};
  std::list<Client> clients;
};

TEST_F(ConnectionTableTest, ClosesTheLongestIdleOneOfTheMostNumerousClient) {
  const auto* lone = comes("a");
  const auto* first = comes("b");
  const auto* second = comes("b");
  const auto* other = comes("c");
  const auto* next = comes("d");
  ASSERT_NE(next, nullptr);
  EXPECT_FALSE(isOpen(first));
  for (const auto* each : {lone, second, other, next}) EXPECT_TRUE(isOpen(each));
  EXPECT_EQ(table.size(), 4U);
}

TEST_F(ConnectionTableTest, ClosesStrangersBeforeThoseWithAGoodCredential) {
  const auto* publisher = comes("a");
  const auto* again = comes("a");
  const auto* stranger = comes("b");
  const auto* other = comes("c");
  knows(publisher);
  knows(again);
  EXPECT_NE(comes("d"), nullptr);
  EXPECT_FALSE(isOpen(stranger));
  EXPECT_NE(comes("e"), nullptr);
  EXPECT_FALSE(isOpen(other));
  for (int i = 0; i < 100; ++i) EXPECT_NE(comes("flood"), nullptr);
  EXPECT_TRUE(isOpen(publisher));
  EXPECT_TRUE(isOpen(again));
}

TEST_F(ConnectionTableTest, HurriesSlowStrangersWhenNobodyIsIdle) {
  std::thread slow[] = {dawdles(comes("a")), dawdles(comes("b")), dawdles(comes("b")), dawdles(comes("b"))};
  EXPECT_NE(comes("c"), nullptr);
  for (auto& thread : slow) thread.join();
}

TEST_F(ConnectionTableTest, TurnsAwayWhenEverybodyIsServed) {
  for (int i = 0; i < 4; ++i) ASSERT_NE(table.take(comes("a")->id).connection, nullptr);
  EXPECT_EQ(comes("b"), nullptr);
  EXPECT_EQ(table.size(), 4U);
}

TEST_F(ConnectionTableTest, HurriesAsManyAsWaitForAThread) {
  const auto* busy = comes("a");
  auto* connection = table.take(busy->id).connection;
  std::thread slow[] = {dawdles(comes("b")), dawdles(comes("b"))};
  table.relieve(2);
  for (auto& thread : slow) thread.join();
  EXPECT_FALSE(connection->hurried()) << "its request is being handled: the client is not awaited";
}

/// Something that is told when nobody wants its answer any more.
class Awaited final : public Waiting {
 public:
  void begin(std::function<void(Response)>) override {}
  void gone() override {}
};

TEST_F(ConnectionTableTest, KeepsThoseThatWaitForTheirAnswersApartFromAllOthers) {
  const auto waits = [&](const Client* client) {
    EXPECT_NE(table.take(client->id).connection, nullptr);
    auto wait = table.letWait(client->id, {std::make_shared<Awaited>(), {}});
    if (wait) {
      EXPECT_EQ(table.begun(*wait, [](int, bool tellsItsEnd) { EXPECT_TRUE(tellsItsEnd); }), nullptr);
    }
    return wait;
  };
  const auto* first = comes("a");
  const auto* second = comes("a");
  const auto one = waits(first);
  const auto two = waits(second);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(waits(comes("b")), nullptr) << "two may wait";
  EXPECT_EQ(table.size(), 3U);
  for (int i = 0; i < 20; ++i) EXPECT_NE(comes("flood"), nullptr);
  EXPECT_EQ(table.size(), 6U) << "four places, and two of those that wait";
  table.closeIdleSince(std::chrono::steady_clock::now() + std::chrono::hours(1));
  table.relieve(10);
  EXPECT_EQ(table.size(), 3U) << "only the one that a thread has, and they, are not idle";
  EXPECT_TRUE(isOpen(first));
  EXPECT_TRUE(isOpen(second));
  EXPECT_EQ(table.take(first->id).connection, nullptr);
  const auto answered = table.answered(*one);
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->crowded);
  EXPECT_FALSE(table.answered(*one)) << "once";
  EXPECT_NE(table.hungUp(second->id, false), nullptr);
  EXPECT_FALSE(isOpen(second));
  EXPECT_EQ(table.hungUp(second->id, true), nullptr);
  EXPECT_EQ(table.size(), 2U);
}

TEST(ClientOf, IsAnAddressOfIPv4OrTheNetworkOfAnIPv6One) {
  const auto v6 = [](const char* text) {
    sockaddr_storage storage{};
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    EXPECT_EQ(::inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return clientOf(storage);
  };
  sockaddr_storage v4{};
  v4.ss_family = AF_INET;
  ::inet_pton(AF_INET, "192.0.2.7", &reinterpret_cast<sockaddr_in&>(v4).sin_addr);
  EXPECT_EQ(clientOf(v4), v6("::ffff:192.0.2.7"));
  EXPECT_NE(clientOf(v4), v6("::ffff:192.0.2.8"));
  EXPECT_EQ(v6("2001:db8:0:1::1"), v6("2001:db8:0:1:ffff::2"));
  EXPECT_NE(v6("2001:db8:0:1::1"), v6("2001:db8:0:2::1"));
}

}  // namespace
}  // namespace lull::http
