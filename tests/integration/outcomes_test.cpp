#include "integration/outcome_cases.hpp"
#include "integration/service.hpp"

#include <lull/domain/time.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

/// For each outcome of an attempt: what the attempt log, the queue, the breaker and the dead-letter set say of it, what
/// happens next, and that it happens under the same webhook-id.
namespace lull::integration {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const std::vector<std::string> kSettings{"--Delivery:Retry:Schedule=00:10:00,00:20:00", "--Delivery:Retry:Jitter=0"};
const std::string kOneAttempt = "--Delivery:Retry:Schedule=";

/// A port on which connections are refused, and that nobody else can get meanwhile.
class DeafPort {
 public:
  DeafPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~DeafPort() { ::close(fd_); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

std::string webhookId(const std::string& request) {
  const std::string name = "webhook-id: ";
  const auto at = request.find(name);
  return at == std::string::npos ? "" : request.substr(at + name.size(), request.find("\r\n", at) - at - name.size());
}

/// Seconds between two times of the API.
double secondsBetween(const json& from, const json& to) {
  return std::chrono::duration<double>(*parseRfc3339(to.get<std::string>()) - *parseRfc3339(from.get<std::string>()))
      .count();
}

/// One endpoint and one event, and what the REST API says of them.
class Outcomes : public ::testing::TestWithParam<OutcomeCase> {
 protected:
  void SetUp() override {
    const auto& row = GetParam();
    if (row.certificate) context_ = authority_.serverContext(*row.certificate);
    if (row.listening)
      receiver_ = std::make_unique<testing::Receiver>(row.script, testing::Receiver::Options{.tls = context_.get()});
    if (row.trusted) settings_.push_back("--Egress:CaFile=" + authority_.file().string());
    service_ = std::make_unique<Service>(settings_);
    const auto port = std::to_string(receiver_ ? receiver_->port() : deaf_.port());
    const json endpoint{{"name", row.name},
                        {"url", row.scheme + "://" + row.host + ":" + port + "/hook"},
                        {"changeTypes", 1},
                        {"timeout", "00:00:01"}};
    path_ = "/endpoints/" + service_->post("/endpoints", endpoint, 201).at("id").get<std::string>();
    publish();
  }

  void publish() { service_->post("/events", {{"type", "AssetCreated"}, {"itemId", 7}, {"baseId", 1}}, 202); }

  /// The newest attempt, once there are `count`.
  json attempt(std::size_t count) {
    const auto log =
        service_->await(path_ + "/attempts", [&](const json& seen) { return seen.at("items").size() >= count; });
    EXPECT_EQ(log.at("items").size(), count) << log;
    return log.at("items").at(0);
  }
  json endpoint() { return service_->get(path_); }
  json queue() { return service_->get(path_ + "/queue").at("items"); }
  json letters() { return service_->get("/dead-letters").at("items"); }
  void retryQueue() { EXPECT_EQ(service_->post(path_ + "/queue/retry", {{"all", true}}, 202).at("retried"), 1); }

  /// Status and error as they must stand wherever an attempt is shown.
  void expectOutcome(const json& status, const json& error) {
    const auto& row = GetParam();
    if (row.status) {
      EXPECT_EQ(status, *row.status);
      return;
    }
    EXPECT_EQ(status, nullptr);
    ASSERT_TRUE(error.is_string());
    EXPECT_THAT(error.get<std::string>(), MatchesRegex("[A-Z].*\\.")) << "not a sentence";
    EXPECT_THAT(error.get<std::string>(), HasSubstr(row.error));
  }

  void expectAttempt(const json& seen, std::uint32_t number) {
    EXPECT_EQ(seen.at("outcome"), GetParam().outcome) << seen;
    EXPECT_EQ(seen.at("attempt"), number);
    EXPECT_EQ(seen.at("changeType"), 1);
    EXPECT_EQ(seen.at("itemId"), 7);
    EXPECT_GE(seen.at("durationMs"), 0);
    expectOutcome(seen.at("status"), seen.at("error"));
  }

  void expectHealth(const std::string& health, std::uint32_t failures) {
    const auto seen = endpoint();
    EXPECT_EQ(seen.at("health"), health) << seen;
    EXPECT_EQ(seen.at("consecutiveFailures"), failures);
    if (health == "healthy" && GetParam().fate == Fate::Delivered) {
      EXPECT_TRUE(seen.at("lastSuccessAt").is_string());
      EXPECT_EQ(seen.at("lastError"), nullptr);
      return;
    }
    EXPECT_EQ(seen.at("lastSuccessAt"), nullptr);
    EXPECT_THAT(seen.at("lastError").get<std::string>(), MatchesRegex("[A-Z].*\\."));
    const auto status = GetParam().status ? std::to_string(*GetParam().status) : "";
    EXPECT_THAT(seen.at("lastError").get<std::string>(), HasSubstr(status));
  }

  /// `attempt` is the one that the wait began with.
  void expectWaiting(const json& attempt, std::uint32_t attempts, std::chrono::seconds wait) {
    const auto items = queue();
    ASSERT_EQ(items.size(), 1U) << items;
    const auto& item = items.at(0);
    EXPECT_EQ(item.at("state"), attempts > 0 ? "retrying" : "waiting");
    EXPECT_EQ(item.at("attempts"), attempts);
    EXPECT_EQ(item.at("id"), attempt.at("messageId"));
    expectOutcome(item.at("lastStatus"), item.at("lastError"));
    // From the end of the attempt, which a time-out of a second and the settling may separate from its start.
    const auto until = secondsBetween(attempt.at("at"), item.at("nextAttemptAt"));
    EXPECT_GE(until, static_cast<double>(wait.count()) - 1.1);  // an HTTP date has whole seconds
    EXPECT_LE(until, static_cast<double>(wait.count()) + 5);
    EXPECT_EQ(endpoint().at("nextAttemptAt"), item.at("nextAttemptAt"));
    EXPECT_EQ(letters().size(), 0U);
  }

  void expectLetter(const json& attempt, const std::string& reason, std::size_t attempts) {
    EXPECT_EQ(queue().size(), 0U);
    const auto all = letters();
    ASSERT_EQ(all.size(), 1U);
    const auto& letter = all.at(0);
    EXPECT_EQ(letter.at("reason"), reason);
    EXPECT_EQ(letter.at("attempts"), attempts);
    EXPECT_EQ(letter.at("supersededAt"), nullptr);
    EXPECT_TRUE(letter.at("firstFailedAt").is_string());
    expectOutcome(letter.at("lastStatus"), letter.at("lastError"));
    const auto detail = service_->get("/dead-letters/" + letter.at("id").get<std::string>());
    ASSERT_EQ(detail.at("attemptLog").size(), attempts);
    for (const auto& each : detail.at("attemptLog")) {
      expectOutcome(each.at("status"), each.at("error"));
      EXPECT_EQ(each.at("messageId"), attempt.at("messageId"));
    }
  }

  /// Checks that the receiver saw so many requests, the last one of this attempt, unless none could reach it.
  void expectReceived(const json& attempt, std::size_t count) {
    if (!receiver_) return;
    const auto requests = receiver_->requests();
    ASSERT_EQ(requests.size(), GetParam().received ? count : 0U);
    if (!requests.empty()) {
      EXPECT_EQ(webhookId(requests.back()), attempt.at("messageId"));
    }
  }
  /// All of the same content.
  void expectOneContent() {
    if (!receiver_) return;
    std::set<std::string> ids;
    for (const auto& request : receiver_->requests()) ids.insert(webhookId(request));
    EXPECT_LE(ids.size(), 1U);
  }

  void deliveredOnce();
  void retriedUntilDead();
  void putOff();
  void deadAtOnce();
  void waitsUntilResumed();

 private:
  std::vector<std::string> settings_ = kSettings;
  testing::Authority authority_;
  testing::Authority::Context context_{nullptr, [](SSL_CTX*) {}};
  DeafPort deaf_;
  std::unique_ptr<testing::Receiver> receiver_;

 protected:
  std::unique_ptr<Service> service_;
  std::string path_;
};

void Outcomes::deliveredOnce() {
  const auto first = attempt(1);
  expectAttempt(first, 1);
  expectHealth("healthy", 0);
  EXPECT_EQ(queue().size(), 0U);
  EXPECT_EQ(letters().size(), 0U);
  EXPECT_EQ(endpoint().at("nextAttemptAt"), nullptr);
  expectReceived(first, 1);
}

void Outcomes::retriedUntilDead() {
  const auto first = attempt(1);
  expectAttempt(first, 1);
  expectWaiting(first, 1, GetParam().wait);
  expectHealth("failing", 1);

  retryQueue();  // brings the next one forward, so that it waits for the same entry of the schedule again
  const auto second = attempt(2);
  expectAttempt(second, 2);
  EXPECT_EQ(second.at("messageId"), first.at("messageId"));
  expectWaiting(first, 2, GetParam().wait);
  expectHealth("failing", 2);
  expectReceived(first, 2);
  expectOneContent();

  // The last attempt of a schedule; a schedule without entries has no other.
  EXPECT_EQ(service_->post(path_ + "/queue/purge", {{"all", true}}, 200).at("purged"), 1);
  settings_.push_back(kOneAttempt);
  service_->restart(settings_);
  publish();
  const auto last = attempt(3);
  expectAttempt(last, 1);
  expectLetter(last, "exhausted", 1);
  expectHealth("failing", 3);
  expectReceived(last, 3);
}

void Outcomes::putOff() {
  settings_.push_back(kOneAttempt);
  service_->restart(settings_);  // not even the only attempt of a schedule is spent
  for (const std::uint32_t count : {1U, 2U}) {
    const auto seen = attempt(count);
    expectAttempt(seen, 1);
    expectWaiting(seen, 0, GetParam().wait);
    expectHealth("failing", count);
    expectReceived(seen, count);
    if (count == 1) retryQueue();
  }
  expectOneContent();
}

void Outcomes::deadAtOnce() {
  const auto first = attempt(1);
  expectAttempt(first, 1);
  expectLetter(first, "permanent", 1);
  expectHealth("failing", 1);

  EXPECT_EQ(service_->post("/dead-letters/retry", {{"all", true}}, 202).at("retried"), 1);
  const auto second = attempt(2);
  expectAttempt(second, 1);
  expectLetter(second, "permanent", 1);
  expectHealth("failing", 2);
  expectReceived(first, 2);
  expectOneContent();
}

void Outcomes::waitsUntilResumed() {
  for (const std::uint32_t count : {1U, 2U}) {
    const auto seen = attempt(count);
    expectAttempt(seen, 1);
    expectHealth("paused", count);
    EXPECT_EQ(endpoint().at("pausedReason"), "gone");
    EXPECT_EQ(endpoint().at("enabled"), false);
    const auto items = queue();
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items.at(0).at("state"), "waiting");
    EXPECT_EQ(items.at(0).at("attempts"), 0);
    EXPECT_EQ(items.at(0).at("nextAttemptAt"), nullptr);
    EXPECT_EQ(letters().size(), 0U);
    expectReceived(seen, count);
    service_->patch(path_, {{"enabled", true}});
  }
  expectOneContent();
}

TEST_P(Outcomes, AreSeenAsTheyWere) {
  switch (GetParam().fate) {
    case Fate::Delivered:
      return deliveredOnce();
    case Fate::Retried:
      return retriedUntilDead();
    case Fate::Parked:
      return putOff();
    case Fate::Dead:
      return deadAtOnce();
    case Fate::Gone:
      return waitsUntilResumed();
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Outcomes, ::testing::ValuesIn(outcomeCases()),
                         [](const auto& row) { return row.param.name; });

TEST(EgressOutcome, MetAfterRegistrationPausesAndSpendsNoAttempt) {
  testing::Receiver receiver(
      [](testing::Connection& connection) {
        while (connection.readRequest() && connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) {
        }
      },
      {});
  Service service(kSettings);
  const auto url = "http://127.0.0.1:" + std::to_string(receiver.port()) + "/";
  const auto created = service.post("/endpoints", {{"name", "moved in"}, {"url", url}, {"changeTypes", 1}}, 201);
  const auto path = "/endpoints/" + created.at("id").get<std::string>();

  auto strict = kSettings;
  strict.push_back("--Egress:AllowedNetworks=10.0.0.0/8");
  service.restart(strict);
  service.post("/events", {{"type", "AssetCreated"}, {"itemId", 7}, {"baseId", 1}}, 202);
  const auto log = service.await(path + "/attempts", [](const json& seen) { return !seen.at("items").empty(); });
  const auto& refused = log.at("items").at(0);
  EXPECT_EQ(refused.at("outcome"), "refused");
  EXPECT_EQ(refused.at("status"), nullptr);
  EXPECT_THAT(refused.at("error").get<std::string>(), MatchesRegex("[A-Z0-9].*\\."));
  const auto paused = service.get(path);
  EXPECT_EQ(paused.at("health"), "paused");
  EXPECT_EQ(paused.at("pausedReason"), "egress");
  EXPECT_EQ(paused.at("consecutiveFailures"), 0);
  EXPECT_EQ(paused.at("lastError"), refused.at("error"));
  const auto items = service.get(path + "/queue").at("items");
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items.at(0).at("state"), "waiting");
  EXPECT_EQ(items.at(0).at("attempts"), 0);
  EXPECT_EQ(service.get("/dead-letters").at("total"), 0);
  EXPECT_EQ(receiver.connections(), 0);

  service.restart(kSettings);
  service.patch(path, {{"enabled", true}});
  service.await(path, [](const json& seen) { return seen.at("lastSuccessAt").is_string(); });
  ASSERT_EQ(receiver.requests().size(), 1U);
  EXPECT_EQ(webhookId(receiver.requests().at(0)), refused.at("messageId"));
}

}  // namespace

}  // namespace lull::integration
