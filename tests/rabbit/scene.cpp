#include "rabbit/scene.hpp"

#include <atomic>
#include <chrono>

namespace lull::rabbit {

testing::RabbitServer& server() {
  static testing::RabbitServer one;
  if (!one.running()) one.start();
  return one;
}

Broker RabbitScene::broker() {
  Broker one;
  one.name = "fs";
  one.host = "127.0.0.1";
  one.port = server().port();
  one.user = testing::RabbitServer::kUser;
  one.password = testing::RabbitServer::kPassword;
  one.virtualHost = testing::RabbitServer::kVirtualHost;
  return one;
}

void RabbitScene::start(std::vector<Broker> brokers) {
  settings_.brokers = std::move(brokers);
  channel_ = std::make_unique<RabbitChannel>(RabbitChannelParts{registry_, catalogue_, formats_, alerts_}, settings_);
  channel_->start();
}

std::shared_ptr<const Endpoint> RabbitScene::endpoint(RabbitTarget target) {
  auto made = std::make_shared<Endpoint>();
  made->id = fresh("ep");
  made->registration.format = "Data";
  made->registration.target = std::move(target);
  auto next = std::make_shared<ports::RegistrySnapshot>(*registry_.cached());
  next->endpoints.emplace(made->id, made);
  std::atomic_store(&registry_.snapshot, ports::SnapshotPtr(std::move(next)));
  return made;
}

RabbitScene::Answer RabbitScene::deliver(const std::shared_ptr<const Endpoint>& to, const std::string& id,
                                         std::string data, Millis timeout) {
  Message message;
  message.id = id;
  message.key = {1, ItemId(4711)};
  message.payload.eventType = "AssetCreated";
  message.payload.data = data.empty() ? "\"" + id + "\"" : std::move(data);
  message.upto = 7;
  message.eventCount = 1;
  message.attempts = 1;
  auto promise = std::make_shared<std::promise<AttemptResult>>();
  auto answer = promise->get_future();
  channel_->deliver({to, std::move(message), timeout, false},
                    [promise](AttemptResult one) { promise->set_value(std::move(one)); });
  return answer;
}

AttemptResult RabbitScene::result(Answer answer) {
  if (answer.wait_for(std::chrono::seconds(30)) == std::future_status::ready) return answer.get();
  ADD_FAILURE() << "a delivery was not answered";
  return {};
}

AttemptResult RabbitScene::onceThere(const std::shared_ptr<const Endpoint>& to, const std::string& id) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (true) {
    auto one = result(deliver(to, id));
    if (one.outcome != Outcome::Released || std::chrono::steady_clock::now() > deadline) return one;
    EXPECT_TRUE(one.parks && one.retryAfter) << one.sentence;
    // What the dispatcher would do: the endpoint is parked for so long.
    std::this_thread::sleep_for(std::min(one.retryAfter.value_or(Millis{0}), Millis{500}));
  }
}

void RabbitScene::expectUncharged(const AttemptResult& one) {
  EXPECT_EQ(one.outcome, Outcome::Released) << one.sentence;
  EXPECT_TRUE(one.parks);
  EXPECT_TRUE(one.retryAfter);
  EXPECT_THAT(one.sentence, ::testing::HasSubstr("The broker fs"));
  EXPECT_THAT(one.sentence, ::testing::Not(::testing::HasSubstr("hounds"))) << "the password";
}

std::string RabbitScene::fresh(const std::string& what) {
  static std::atomic<int> last{0};
  return what + "-" + std::to_string(++last);
}

}  // namespace lull::rabbit
