// What one stranger may take of what all share: test sends, readings of the fleet, places.
#include "../../../service/api/overview/kept_reading.hpp"
#include "fakes/client.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace lull::api::testing {
namespace {

using ::testing::HasSubstr;
using Time = std::chrono::steady_clock::time_point;

TEST(KeptReading, IsMadeByOneAndServesAllWhoComeMeanwhile) {
  KeptReading<int> reading;
  std::atomic<int> made{0};
  std::promise<void> entered;
  std::promise<void> open;
  std::vector<std::future<int>> callers;
  const auto read = [&]() -> Result<int> {
    if (++made == 1) entered.set_value();
    open.get_future().wait();
    return 7;
  };
  callers.push_back(std::async(std::launch::async, [&] { return reading.get(read).value(); }));
  entered.get_future().wait();
  for (int i = 0; i < 20; ++i) {
    callers.push_back(std::async(std::launch::async, [&] { return reading.get(read).value(); }));
  }
  open.set_value();
  for (auto& caller : callers) EXPECT_EQ(caller.get(), 7);
  EXPECT_EQ(made, 1);
}

TEST(KeptReading, IsKeptForSoLongAFailureToo) {
  Time now{};
  KeptReading<int> reading(std::chrono::seconds(1), [&] { return now; });
  int made = 0;
  const auto read = [&]() -> Result<int> {
    if (++made == 2) return Error{ErrorCode::Unavailable, "away"};
    return made;
  };
  EXPECT_EQ(reading.get(read).value(), 1);
  now += std::chrono::milliseconds(999);
  EXPECT_EQ(reading.get(read).value(), 1);
  now += std::chrono::milliseconds(1);
  EXPECT_EQ(reading.get(read).error().message, "away");
  now += std::chrono::milliseconds(999);
  EXPECT_FALSE(reading.get(read));
  now += std::chrono::milliseconds(1);
  EXPECT_EQ(reading.get(read).value(), 3);
}

TEST(KeptReading, LetsSoManyWaitAndNoMore) {
  KeptReading<int> reading;
  std::promise<void> entered;
  std::promise<void> open;
  const auto read = [&]() -> Result<int> {
    entered.set_value();
    open.get_future().wait();
    return 1;
  };
  std::thread first([&] { EXPECT_EQ(reading.get(read).value(), 1); });
  entered.get_future().wait();
  std::atomic<std::size_t> answered{0};
  std::atomic<std::size_t> refused{0};
  std::vector<std::thread> others;
  for (std::size_t i = 0; i < KeptReading<int>::kMostWaiting + 5; ++i) {
    others.emplace_back([&] { ++(reading.get(read) ? answered : refused); });
  }
  while (refused < 5) std::this_thread::yield();
  open.set_value();
  first.join();
  for (auto& other : others) other.join();
  EXPECT_EQ(answered, KeptReading<int>::kMostWaiting);
}

TEST(KeptReading, SurvivesWhatItsReaderThrows) {
  KeptReading<int> reading;
  EXPECT_FALSE(reading.get([]() -> Result<int> { throw std::bad_alloc(); }));
}

TEST(Readings, OfMetricsAndStatsAreSharedByAllCallers) {
  ApiFixture api;
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(api.get("/metrics").status, 200);
    EXPECT_EQ(api.get("/api/v1/stats").status, 200);
  }
  // One second at most has passed for each further reading of either.
  EXPECT_LE(api.backend.stats.readings(), 8U);
}

/// Test sends to receivers that do not answer until the end.
class SilentReceiver : public ::testing::Test {
 protected:
  SilentReceiver() { api.backend.channel.gate = open_.get_future().share(); }
  ~SilentReceiver() override { answer(); }

  void answer() {
    if (!std::exchange(answered_, true)) open_.set_value();
  }
  std::string path(const std::string& id) const { return "/api/v1/endpoints/" + id + "/test"; }
  /// Sends until `count` sends wait for the receiver.
  void begin(const std::string& id, std::size_t count) {
    const auto before = api.backend.channel.running.load();
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawConnection>(api.port()));
      clients.back()->send(requestText("POST", path(id)));
    }
    while (api.backend.channel.running < before + count) std::this_thread::yield();
  }

  ApiFixture api;
  std::vector<std::unique_ptr<RawConnection>> clients;

 private:
  std::promise<void> open_;
  bool answered_ = false;
};

TEST_F(SilentReceiver, GetsFourTestSendsAtOnceOfOneEndpoint) {
  const auto id = api.registerEndpoint();
  begin(id, 4);
  const auto refused = api.request("POST", path(id));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("content-type"), "application/problem+json");
  EXPECT_GT(std::atoi(refused.header("retry-after").c_str()), 0);
  EXPECT_THAT(refused.body, HasSubstr("4 test sends to this endpoint"));
  EXPECT_EQ(refused.json().at("title"), "Too many requests") << "whose they are is said in the detail";
  answer();
  for (const auto& client : clients) EXPECT_EQ(client->readReply().status, 200);
  EXPECT_EQ(api.request("POST", path(id)).status, 200);
}

TEST_F(SilentReceiver, GetsSixteenTestSendsAtOnceInAll) {
  for (int i = 0; i < 4; ++i) begin(api.registerEndpoint(), 4);
  const auto refused = api.request("POST", path(api.registerEndpoint()));
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("16 test sends"));
  EXPECT_EQ(api.get("/healthz/live").status, 200);
  EXPECT_EQ(api.post("/api/v1/events", R"({"type":"AssetCreated","itemId":1,"baseId":2})").status, 202);
}

TEST(TestSend, TakesFifteenSecondsAtMost) {
  ApiFixture api;
  const auto reply = api.post(
      "/api/v1/endpoints", R"({"name":"n","url":"https://hooks.example.com/","changeTypes":1,"timeout":"00:02:00"})");
  ASSERT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(api.request("POST", "/api/v1/endpoints/" + reply.json().at("id").get<std::string>() + "/test").status, 200);
  EXPECT_EQ(api.backend.channel.last->timeout, Millis{15'000});
}

TEST(Places, OfIdleStrangersAreTakenByWhoComes) {
  ApiSettings settings;
  settings.maxConnections = 20;
  ApiFixture api(settings);
  RawConnection publisher(api.port());
  const std::string event = R"({"type":"AssetCreated","itemId":1,"baseId":2})";
  const auto publish = [&] {
    publisher.send(requestText("POST", "/api/v1/events", event, {{"Content-Type", "application/json"}}));
    return publisher.readReply().status;
  };
  EXPECT_EQ(publish(), 202);
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<RawConnection>(api.port()));
    if (i % 20 == 0) {
      EXPECT_EQ(api.get("/healthz/live").status, 200);
    }
  }
  EXPECT_EQ(api.get("/healthz/live").status, 200);
  EXPECT_EQ(publish(), 202) << "its connection was kept";
  EXPECT_TRUE(idle.front()->closedByServer());
}

TEST(Places, ThatAreAllInUseTurnOthersAwayAtOnce) {
  ApiSettings settings;
  settings.maxConnections = 2;
  ApiFixture api(settings);
  // Not over the wire: the connection that registers would hold a place for a moment longer than its client knows.
  const std::string id = "ep_00000000000000000001";
  auto& endpoint = api.backend.endpoints.endpoints[id];
  endpoint.id = id;
  endpoint.registration.webhook().url = "https://hooks.example.com/";
  endpoint.registration.changeTypes = 1;
  std::promise<void> open;
  api.backend.channel.gate = open.get_future().share();
  std::vector<std::unique_ptr<RawConnection>> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(std::make_unique<RawConnection>(api.port()));
    busy.back()->send(requestText("POST", "/api/v1/endpoints/" + id + "/test"));
  }
  while (api.backend.channel.running < 2) std::this_thread::yield();
  const auto refused = api.get("/healthz/live");
  EXPECT_EQ(refused.status, 503);
  EXPECT_GT(std::atoi(refused.header("retry-after").c_str()), 0);
  open.set_value();
  for (const auto& client : busy) EXPECT_EQ(client->readReply().status, 200);
}

}  // namespace
}  // namespace lull::api::testing
