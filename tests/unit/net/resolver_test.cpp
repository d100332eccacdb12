#include "support/name_server.hpp"

#include <lull/net/resolver.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>

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
  Resolver resolver(tight);
  auto waiting = ask(resolver, "hangs.test", 500ms);
  EXPECT_NE(ask(resolver, "other.test", 500ms).get().error.find("Too many"), std::string::npos);
  waiting.get();
}

}  // namespace

}  // namespace lull::net
