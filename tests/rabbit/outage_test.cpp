// What becomes of messages while a broker is away, silent, or full.
#include "rabbit/scene.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <set>
#include <thread>

namespace lull::rabbit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using SteadyClock = std::chrono::steady_clock;

struct Outage : RabbitScene {
  static void expectUncharged(const AttemptResult& one) {
    EXPECT_EQ(one.outcome, Outcome::Released) << one.sentence;
    EXPECT_TRUE(one.parks);
    EXPECT_TRUE(one.retryAfter);
    EXPECT_THAT(one.sentence, HasSubstr("The broker fs"));
    EXPECT_THAT(one.sentence, Not(HasSubstr("hounds"))) << "the password";
  }
};

/// Takes connections and ends them at once, counting.
class Slammer {
 public:
  Slammer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    ::listen(socket_, 64);
    thread_ = std::thread([this] {
      for (int fd = ::accept(socket_, nullptr, nullptr); fd >= 0; fd = ::accept(socket_, nullptr, nullptr)) {
        ++seen;
        ::close(fd);
      }
    });
  }
  ~Slammer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  Slammer(const Slammer&) = delete;
  Slammer& operator=(const Slammer&) = delete;

  std::uint16_t port = 0;
  std::atomic<int> seen{0};

 private:
  int socket_;
  std::thread thread_;
};

TEST_F(Outage, WithoutABrokerNothingIsChargedAndNothingSpins) {
  Slammer slammer;
  auto nobody = broker();
  nobody.port = slammer.port;
  start({nobody});
  const auto to = endpoint({"fs", "", "", "q"});
  const auto end = SteadyClock::now() + std::chrono::seconds(2);
  int answers = 0;
  while (SteadyClock::now() < end) {
    expectUncharged(result(deliver(to, "msg_1")));
    ++answers;
    std::this_thread::sleep_for(Millis{1});
  }
  // 250, 500, 1,000, 2,000 ms, each at least half of it.
  EXPECT_LE(slammer.seen, 6);
  EXPECT_GE(slammer.seen, 2);
  EXPECT_GT(answers, 100) << "those that come between two attempts to connect are answered at once";
}

TEST_F(Outage, ALoginThatIsRefusedNamesNoPassword) {
  auto stranger = broker();
  stranger.password = "hounds-and-hare";
  start({stranger});
  const auto one = result(deliver(endpoint({"fs", "", "", "q"}), "msg_1"));
  expectUncharged(one);
  EXPECT_THAT(one.sentence, HasSubstr("refused the login (403 ACCESS_REFUSED"));
}

TEST_F(Outage, TlsIsVerified) {
  auto secure = broker();
  secure.tls = true;
  secure.host = "localhost";
  secure.port = server().tlsPort();
  secure.caFile = server().caFile();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  start({secure});
  EXPECT_EQ(result(deliver(endpoint({"fs", "", "", queue}), "msg_1")).outcome, Outcome::Delivered);
  EXPECT_EQ(reader_.next(queue)->messageId, "msg_1");

  secure.caFile.clear();  // the system's authorities do not know the test's
  start({secure});
  auto one = result(deliver(endpoint({"fs", "", "", queue}), "msg_2"));
  expectUncharged(one);
  EXPECT_EQ(one.failure, FailureClass::Tls);

  secure.caFile = server().caFile();
  secure.host = "127.0.0.1";  // which the certificate is not for
  start({secure});
  one = result(deliver(endpoint({"fs", "", "", queue}), "msg_3"));
  expectUncharged(one);
  EXPECT_EQ(one.failure, FailureClass::Tls);
  EXPECT_EQ(reader_.count(queue), 0);
}

TEST_F(Outage, ABrokerThatIsFullStallsItsEndpointsWithoutACharge) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  server().control("set_vm_memory_high_watermark 0.00001");
  // The broker says so when the next message comes; that one is in its hands, and arrives in the end.
  const auto began = SteadyClock::now();
  auto first = result(deliver(to, "msg_2", {}, Millis{1'500}));
  expectUncharged(first);
  EXPECT_THAT(first.sentence, HasSubstr("takes no messages at present (low on memory)"));
  EXPECT_GE(SteadyClock::now() - began, Millis{1'400});
  const auto again = SteadyClock::now();
  expectUncharged(result(deliver(to, "msg_3")));
  EXPECT_LT(SteadyClock::now() - again, Millis{1'000}) << "it is parked at once";
  server().control("set_vm_memory_high_watermark 0.6");
  EXPECT_EQ(onceThere(to, "msg_3").outcome, Outcome::Delivered);
  std::set<std::string> ids;
  while (const auto read = reader_.next(queue)) ids.insert(read->messageId);
  EXPECT_EQ(ids, (std::set<std::string>{"msg_1", "msg_2", "msg_3"}));
}

TEST_F(Outage, ABrokerThatIsSilentIsAwayAndComesBackByItself) {
  settings_.heartbeat = std::chrono::seconds(1);
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  server().pause();
  // More than the system takes over for us, so that the rest has to wait here.
  std::vector<Answer> answers;
  for (int i = 0; i < 200; ++i)
    answers.push_back(
        deliver(to, "msg_big" + std::to_string(i), "\"" + std::string(30'000, 'x') + "\"", Millis{1'000}));
  const auto began = SteadyClock::now();
  for (auto& answer : answers) expectUncharged(result(std::move(answer)));
  EXPECT_LT(SteadyClock::now() - began, Millis{2'500}) << "each ends by its deadline";
  server().resume();
  EXPECT_EQ(onceThere(to, "msg_2").outcome, Outcome::Delivered);
}

TEST_F(Outage, AStopAnswersEverythingAtOnceAlsoWhenTheBrokerIsSilent) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  server().pause();
  auto published = deliver(to, "msg_2");
  std::vector<Answer> more;
  for (int i = 0; i < 100; ++i) more.push_back(deliver(to, "msg_big", "\"" + std::string(60'000, 'x') + "\""));
  std::this_thread::sleep_for(Millis{100});  // so that the first is published: nothing tells of that
  channel().stopStarting();
  const auto refused = result(deliver(to, "msg_3"));
  EXPECT_EQ(refused.outcome, Outcome::Released);
  EXPECT_FALSE(refused.parks);
  const auto began = SteadyClock::now();
  channel().stop();
  EXPECT_LT(SteadyClock::now() - began, Millis{900});
  ASSERT_EQ(published.wait_for(Millis{0}), std::future_status::ready);
  EXPECT_TRUE(published.get().cutOff);
  int released = 0;
  for (auto& answer : more) {
    ASSERT_EQ(answer.wait_for(Millis{0}), std::future_status::ready);
    const auto one = answer.get();
    if (one.outcome == Outcome::Released) ++released;
    EXPECT_TRUE(one.cutOff || one.outcome == Outcome::Released) << one.sentence;
  }
  EXPECT_GT(released, 0) << "what had no room was not published";
  auto after = deliver(to, "msg_4");
  ASSERT_EQ(after.wait_for(Millis{0}), std::future_status::ready);
  EXPECT_EQ(after.get().outcome, Outcome::Released);
  server().resume();
}

TEST_F(Outage, AfterAStopWhatRunsIsConfirmed) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_0")).outcome, Outcome::Delivered);
  std::vector<Answer> answers;
  for (int i = 0; i < 300; ++i) answers.push_back(deliver(to, "msg_1"));
  channel().stopStarting();
  std::uint32_t delivered = 1;
  for (auto& answer : answers) {
    const auto one = result(std::move(answer));
    if (one.outcome == Outcome::Delivered) ++delivered;
    EXPECT_TRUE(one.outcome == Outcome::Delivered || one.outcome == Outcome::Released) << one.sentence;
  }
  EXPECT_EQ(reader_.count(queue), delivered);
}

// The last one: it restarts the broker.
TEST_F(Outage, KilledMidStreamNothingThatWasConfirmedIsLost) {
  constexpr int kMessages = 8'000;
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_first")).outcome, Outcome::Delivered);
  std::vector<Answer> answers;
  for (int i = 0; i < kMessages; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  answers[500].wait();
  server().kill9();
  std::set<std::string> confirmed{"msg_first"};
  std::vector<std::string> again;
  for (int i = 0; i < kMessages; ++i) {
    const auto one = result(std::move(answers[static_cast<std::size_t>(i)]));
    const auto id = "msg_" + std::to_string(i);
    if (one.outcome == Outcome::Delivered) {
      confirmed.insert(id);
      continue;
    }
    expectUncharged(one);
    again.push_back(id);
  }
  EXPECT_GT(again.size(), 0U) << "the broker was killed too late to prove anything";
  server().start();
  const auto there = SteadyClock::now();
  EXPECT_EQ(onceThere(to, "msg_back").outcome, Outcome::Delivered);
  const std::chrono::duration<double> recovery = SteadyClock::now() - there;
  testing::Reader reader(server());
  std::size_t repeats = 0;
  std::set<std::string> read;
  while (const auto one = reader.next(queue)) {
    if (!read.insert(one->messageId).second) ++repeats;
  }
  for (const auto& id : confirmed) EXPECT_TRUE(read.contains(id)) << id << " was confirmed, and is lost";
  std::cout << "confirmed before the kill: " << confirmed.size() << ", to be sent again: " << again.size()
            << ", of these there already: " << read.size() - confirmed.size() - 1 << ", repeats: " << repeats
            << "; delivering again " << recovery.count() << " s after the broker takes connections\n";
  for (const auto& id : again) answers.push_back(deliver(to, id));
  for (std::size_t i = kMessages; i < answers.size(); ++i)
    EXPECT_EQ(result(std::move(answers[i])).outcome, Outcome::Delivered);
}

}  // namespace
}  // namespace lull::rabbit
