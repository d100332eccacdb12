#include "scene.hpp"
#include "support/redis_server.hpp"

#include <lull/app/application.hpp>
#include <lull/config/load.hpp>
#include <lull/runtime/log.hpp>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lull::rabbit {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A service whose endpoint is a queue of RabbitMQ. Every failure throws std::runtime_error.
class BrokerService {
 public:
  BrokerService(const testing::RedisServer& redis, const testing::RabbitServer& broker, const std::string& prefix) {
    const auto port = std::to_string(broker.port());
    const auto loaded = config::load(
        {{"--Urls=http://127.0.0.1:0", "--Redis:ConnectionString=unix:" + redis.address().unixPath,
          "--Redis:KeyPrefix=" + prefix, "--Debouncing:Interval=00:00:00", "--Delivery:Timeout=00:00:01",
          "--Shutdown:Deadline=00:00:01", "--Delivery:Retry:Schedule=00:00:00.100", "--Brokers:0:Name=rabbit",
          "--Brokers:0:Url=amqp:127.0.0.1 port:" + port + " vh:" + broker.kVirtualHost,
          std::string("--Brokers:0:Username=") + broker.kUser, std::string("--Brokers:0:Password=") + broker.kPassword},
         {{"DOTNET_ENVIRONMENT", "Test"}},
         redis.directory()});
    if (!loaded) throw std::runtime_error(loaded.error().message);
    auto started = app::Application::start(loaded->settings, {});
    if (!started) throw std::runtime_error(started.error().message);
    application_ = std::move(*started);
  }

  std::string registerQueue(const std::string& queue) {
    const json body{{"name", queue},         {"channel", "rabbitmq"},
                    {"changeTypes", 1},      {"order", "none"},
                    {"delivery", "every"},   {"maxConcurrency", 64},
                    {"timeout", "00:01:00"}, {"target", {{"broker", "rabbit"}, {"queue", queue}}}};
    return post("/endpoints", body, 201).at("id");
  }

  /// Events of so many items, the first of them numbered `first`.
  void publish(int first, int count) {
    json events = json::array();
    for (int i = 0; i < count; ++i) events.push_back({{"type", "AssetCreated"}, {"itemId", first + i}, {"baseId", 1}});
    post("/events", events, 202);
  }

  json endpoint(const std::string& id) {
    httplib::Client client(application_->addresses().at(0).url());
    const auto result = client.Get("/api/v1/endpoints/" + id);
    if (!result || result->status != 200) throw std::runtime_error("the endpoint is not told of");
    return json::parse(result->body);
  }

  void awaitDelivered(const std::string& id) {
    const auto until = steady_clock::now() + std::chrono::seconds(20);
    while (steady_clock::now() < until) {
      const auto seen = endpoint(id);
      if (seen.at("queueDepth") == 0 && !seen.at("lastSuccessAt").is_null()) return;
      std::this_thread::yield();
    }
    throw std::runtime_error("in 20 s not all was delivered");
  }

  milliseconds stop() {
    const auto began = steady_clock::now();
    application_->stop();
    application_.reset();
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
  }

 private:
  json post(const std::string& path, const json& body, int status) {
    httplib::Client client(application_->addresses().at(0).url());
    const auto result = client.Post("/api/v1" + path, body.dump(), "application/json");
    if (!result) throw std::runtime_error(path + ": " + httplib::to_string(result.error()));
    if (result->status != status) throw std::runtime_error(path + ": " + result->body);
    return json::parse(result->body);
  }

  std::unique_ptr<app::Application> application_;
};

/// What an independent reader takes out of a queue: for each item the ids of its copies.
std::map<int, std::vector<std::string>> takeAll(testing::Reader& reader, const std::string& queue) {
  std::map<int, std::vector<std::string>> copies;
  while (const auto message = reader.next(queue)) {
    copies[json::parse(message->body).at("Data").at("ItemId").get<int>()].push_back(message->messageId);
  }
  return copies;
}

class BrokerStops : public ::testing::Test {
 protected:
  void SetUp() override {
    runtime::configureLogging({runtime::LogFormat::Json, {{"Default", runtime::LogLevel::None}}});
  }

  static int rounds() {
    const char* const text = std::getenv("LULL_STOP_ROUNDS");
    return text != nullptr ? std::max(1, std::stoi(text) / 10) : 1;
  }

  /// Runs `act` for a queue of its own, in each round; tells the longest stop.
  void eachRound(const char* name, const std::function<milliseconds(const std::string& queue)>& act) {
    milliseconds longest{0};
    for (int i = 0; i < rounds() && !HasFailure(); ++i) {
      const auto queue = name + std::to_string(i);
      reader_.queue(queue);
      longest = std::max(longest, act(queue));
      reader_.deleteQueue(queue);
      EXPECT_LE(longest, milliseconds(2'000)) << "the deadline is a second";
    }
    std::printf("RabbitMQ %s: %d rounds, the longest stop %ld ms\n", name, rounds(),
                static_cast<long>(longest.count()));
  }

  testing::RabbitServer& broker_ = server();
  testing::RedisServer redis_;
  testing::Reader reader_{broker_};
};

// The broker stands still: what is under way has no confirm when the deadline ends.
TEST_F(BrokerStops, WhatWasConfirmedIsSettledAndWhatWasNotComesAgainWithItsId) {
  constexpr int kConfirmed = 10;
  constexpr int kMore = 30;
  eachRound("ConfirmsHang", [&](const std::string& queue) {
    std::string id;
    milliseconds took{};
    {
      BrokerService service(redis_, broker_, queue);
      id = service.registerQueue(queue);
      service.publish(1, kConfirmed);
      service.awaitDelivered(id);
      broker_.pause();
      service.publish(kConfirmed + 1, kMore);
      broker_.awaitUnread(1);
      EXPECT_EQ(service.endpoint(id).at("queueDepth"), kMore) << "nothing is delivered before it is confirmed";
      took = service.stop();
      broker_.resume();
    }
    BrokerService next(redis_, broker_, queue);
    next.awaitDelivered(id);
    next.stop();
    const auto copies = takeAll(reader_, queue);
    EXPECT_EQ(copies.size(), static_cast<std::size_t>(kConfirmed + kMore));
    for (const auto& [item, ids] : copies) {
      EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 1U) << "the copies of " << item << " have one id";
      EXPECT_TRUE(item > kConfirmed || ids.size() == 1) << item << " was confirmed";
    }
    return took;
  });
}

// It stands still when the stop begins, and goes on before the deadline.
TEST_F(BrokerStops, WhatIsUnderWayToABrokerThatConfirmsInTimeIsAwaitedSoThatNothingComesTwice) {
  constexpr int kEvents = 30;
  eachRound("ConfirmsCome", [&](const std::string& queue) {
    std::string id;
    milliseconds took{};
    {
      BrokerService service(redis_, broker_, queue);
      id = service.registerQueue(queue);
      service.publish(1, 1);
      service.awaitDelivered(id);  // it is connected
      broker_.pause();
      service.publish(2, kEvents - 1);
      broker_.awaitUnread(1);
      auto stopping = std::async(std::launch::async, [&] { return service.stop(); });
      std::this_thread::sleep_for(milliseconds(400));  // so that it has begun, of which nothing tells
      broker_.resume();
      took = stopping.get();
    }
    BrokerService next(redis_, broker_, queue);
    next.awaitDelivered(id);
    next.stop();
    const auto copies = takeAll(reader_, queue);
    EXPECT_EQ(copies.size(), static_cast<std::size_t>(kEvents));
    for (const auto& [item, ids] : copies) EXPECT_EQ(ids.size(), 1U) << item;
    return took;
  });
}

}  // namespace
}  // namespace lull::rabbit
