#include "support/name_server.hpp"

#include <lull/net/resolver.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <future>
#include <thread>

namespace lull::net {

namespace {

using namespace std::chrono_literals;
using lull::testing::NameServer;

std::future<Resolution> ask(Resolver& resolver, const std::string& name, Millis deadline = 5000ms) {
  auto promise = std::make_shared<std::promise<Resolution>>();
  auto future = promise->get_future();
  resolver.resolve(name, deadline, [promise](Resolution answer) { promise->set_value(std::move(answer)); });
  return future;
}

ResolverSettings settings(const NameServer& server) {
  ResolverSettings result;
  result.servers = server.address();
  return result;
}

std::vector<std::string> texts(const Resolution& resolution) {
  std::vector<std::string> result;
  for (const auto& address : resolution.addresses) result.push_back(address.text());
  return result;
}

TEST(Resolver, AnswersWithAllAddresses) {
  NameServer server(NameServer::Table{{"a.test", {"192.0.2.1", "192.0.2.2"}}});
  Resolver resolver(settings(server));
  auto found = texts(ask(resolver, "a.test").get());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
}

TEST(Resolver, SaysThatANameDoesNotExist) {
  NameServer server(NameServer::Table{});
  Resolver resolver(settings(server));
  const auto answer = ask(resolver, "missing.test").get();
  EXPECT_TRUE(answer.addresses.empty());
  EXPECT_NE(answer.error.find("missing.test does not exist"), std::string::npos) << answer.error;
}

TEST(Resolver, NeedsNoServerForLiteralsAndTheHostsFile) {
  NameServer server(NameServer::Table{});
  Resolver resolver(settings(server));
  EXPECT_EQ(texts(ask(resolver, "192.0.2.7").get()), std::vector<std::string>{"192.0.2.7"});
  EXPECT_EQ(texts(ask(resolver, "2001:db8::7").get()), std::vector<std::string>{"2001:db8::7"});
  EXPECT_FALSE(ask(resolver, "localhost").get().addresses.empty());
  EXPECT_EQ(server.queries("localhost"), 0);
}

TEST(Resolver, RemembersAnswersAndCoalescesQuestions) {
  NameServer server(NameServer::Table{{"a.test", {"192.0.2.1"}}});
  Resolver resolver(settings(server));
  std::vector<std::future<Resolution>> together;
  for (int i = 0; i < 50; ++i) together.push_back(ask(resolver, "a.test"));
  for (auto& answer : together) EXPECT_EQ(answer.get().addresses.size(), 1U);
  auto later = ask(resolver, "a.test");
  EXPECT_EQ(later.wait_for(0s), std::future_status::ready);  // answered on this thread
  EXPECT_LE(server.queries("a.test"), 2);
}

TEST(Resolver, AsksAgainWhenTheAnswerHasExpired) {
  NameServer server(NameServer::Table{{"a.test", {"192.0.2.1"}}});
  auto brief = settings(server);
  brief.positiveTtl = 0ms;
  Resolver resolver(brief);
  EXPECT_EQ(texts(ask(resolver, "a.test").get()), std::vector<std::string>{"192.0.2.1"});
  server.set("a.test", {"192.0.2.9"});
  EXPECT_EQ(texts(ask(resolver, "a.test").get()), std::vector<std::string>{"192.0.2.9"});
}

TEST(Resolver, LetsAHangingNameDelayNobody) {
  constexpr int kHanging = 60;  // their questions fit the server's socket buffer
  NameServer::Table table{{"ok.test", {"192.0.2.1"}}};
  for (int i = 0; i < kHanging; ++i) table["hangs" + std::to_string(i) + ".test"] = {};
  NameServer server(table);
  Resolver resolver(settings(server));
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::future<Resolution>> hanging;
  for (int i = 0; i < kHanging; ++i) hanging.push_back(ask(resolver, "hangs" + std::to_string(i) + ".test", 300ms));
  const auto ok = ask(resolver, "ok.test").get();
  EXPECT_EQ(ok.addresses.size(), 1U) << ok.error << " after " << server.queries("ok.test") << " queries";
  EXPECT_LT(std::chrono::steady_clock::now() - start, 250ms);
  for (auto& answer : hanging) EXPECT_NE(answer.get().error.find("within the time-out"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1500ms);
}

TEST(Resolver, StopsAtOnceAndAnswersWhoWaits) {
  NameServer server(NameServer::Table{{"hangs.test", {}}});
  auto resolver = std::make_unique<Resolver>(settings(server));
  auto waiting = ask(*resolver, "hangs.test", 60'000ms);
  std::promise<void> taken;  // the loop has taken the question in when it runs a later task
  resolver->defer([&taken] { taken.set_value(); });
  taken.get_future().get();
  const auto start = std::chrono::steady_clock::now();
  resolver.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  EXPECT_NE(waiting.get().error, "");
}

TEST(Resolver, BoundsWhatItAsksAtOnce) {
  NameServer server(NameServer::Table{{"hangs.test", {}}});
  auto tight = settings(server);
  tight.maxInFlight = 1;
  tight.patience = 50ms;
  Resolver resolver(tight);
  auto waiting = ask(resolver, "hangs.test", 500ms);
  const auto refused = ask(resolver, "other.test", 500ms).get();
  EXPECT_NE(refused.error.find("Too many"), std::string::npos);
  EXPECT_TRUE(refused.exhausted) << "our own shortage, not the name's";
  waiting.get();
}

TEST(Resolver, GivesAQueuedNameItsTurn) {
  NameServer server(NameServer::Table{{"slow.test", {"192.0.2.1"}}, {"next.test", {"192.0.2.2"}}});
  server.delay("slow.test", 50ms);
  auto tight = settings(server);
  tight.maxInFlight = 1;
  tight.patience = 5'000ms;
  Resolver resolver(tight);
  auto slow = ask(resolver, "slow.test");
  EXPECT_EQ(texts(ask(resolver, "next.test").get()), std::vector<std::string>{"192.0.2.2"});
  EXPECT_EQ(texts(slow.get()), std::vector<std::string>{"192.0.2.1"});
}

TEST(Resolver, DoesNotWaitForAFamilyThatIsNeverAnswered) {
  NameServer server(NameServer::Table{{"a.test", {"192.0.2.1"}}, {"b.test", {"2001:db8::1"}}});
  server.silence("a.test", NameServer::kAaaa);
  server.silence("b.test", NameServer::kA);
  Resolver resolver(settings(server));
  const auto v4 = ask(resolver, "a.test", 1'000ms).get();
  EXPECT_EQ(texts(v4), std::vector<std::string>{"192.0.2.1"}) << v4.error;
  EXPECT_FALSE(v4.complete);
  const auto v6 = ask(resolver, "b.test", 1'000ms).get();
  EXPECT_EQ(texts(v6), std::vector<std::string>{"2001:db8::1"}) << v6.error;
}

TEST(Resolver, AddsTheOtherFamilyWhenItComesLate) {
  NameServer server(NameServer::Table{{"a.test", {"192.0.2.1", "2001:db8::1"}}});
  server.delay("a.test", NameServer::kAaaa, 200ms);
  Resolver resolver(settings(server));
  EXPECT_EQ(texts(ask(resolver, "a.test").get()), std::vector<std::string>{"192.0.2.1"});
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  Resolution both;
  while (!both.complete || both.addresses.size() < 2) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    both = ask(resolver, "a.test").get();
  }
  EXPECT_EQ(texts(both), (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(server.queries("a.test"), 1) << "out of the cache";
}

TEST(Resolver, PutsNoSearchDomainBehindAnAbsoluteName) {
  ::setenv("LOCALDOMAIN", "corp.test", 1);
  ::setenv("RES_OPTIONS", "ndots:5", 1);
  NameServer server(
      NameServer::Table{{"hooks.example.test", {"192.0.2.1"}}, {"hooks.example.test.corp.test", {"192.0.2.66"}}});
  Resolver resolver(settings(server));
  ::unsetenv("LOCALDOMAIN");
  ::unsetenv("RES_OPTIONS");
  EXPECT_EQ(texts(ask(resolver, "hooks.example.test.").get()), std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(server.queries("hooks.example.test.corp.test"), 0);
  EXPECT_EQ(texts(ask(resolver, "hooks.example.test").get()), std::vector<std::string>{"192.0.2.66"})
      << "a relative name is searched";
}

TEST(Resolver, ThirteenHundredHangingNamesTakeTheirOwnPlacesOnly) {
  constexpr int kHanging = 1'300;
  constexpr int kTogether = 50;  // their questions fit the server's socket buffer
  const auto nameOf = [](int i) { return "hangs" + std::to_string(i) + ".test"; };
  NameServer::Table table{{"ok.test", {"192.0.2.1"}}};
  for (int i = 0; i < kHanging; ++i) table[nameOf(i)] = {};
  NameServer server(table);
  Resolver resolver(settings(server));
  std::vector<std::future<Resolution>> hanging;
  for (int i = 0; i < kHanging; ++i) {
    hanging.push_back(ask(resolver, nameOf(i), 60'000ms));
    if (i % kTogether != 0) continue;
    const auto deadline = std::chrono::steady_clock::now() + 1s;
    while (server.queries(nameOf(i)) == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }
  const auto start = std::chrono::steady_clock::now();
  const auto ok = ask(resolver, "ok.test").get();
  EXPECT_EQ(texts(ok), std::vector<std::string>{"192.0.2.1"}) << ok.error;
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

}  // namespace

}  // namespace lull::net
