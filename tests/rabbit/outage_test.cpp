// What becomes of messages while a broker is away, silent, or full.
#include "rabbit/scene.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>

namespace lull::rabbit {
namespace {

using ::testing::HasSubstr;
using SteadyClock = std::chrono::steady_clock;

struct Outage : RabbitScene {};

/// Takes connections and ends them, counting, after `greet` has done with each.
class Slammer {
 public:
  explicit Slammer(std::function<void(int)> greet = [](int) {})
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    ::listen(socket_, 64);
    thread_ = std::thread([this, greet = std::move(greet)] {
      for (int fd = ::accept(socket_, nullptr, nullptr); fd >= 0; fd = ::accept(socket_, nullptr, nullptr)) {
        ++seen;
        greet(fd);
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
  EXPECT_EQ(alerts_.all().size(), 1U) << "one for all of it";
  EXPECT_GT(answers, 100) << "those that come between two attempts to connect are answered at once";
}

/// Lets a client log in, as a broker does (AMQP 0-9-1 section 2.2.4).
void letIn(int fd) {
  const auto answer = [&](std::string method) {
    std::string frame{"\1\0\0\0\0\0", 6};
    frame += static_cast<char>(method.size());
    frame += method + "\xCE";
    ::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
  };
  const auto read = [&](std::size_t bytes) {
    std::string text(bytes, '\0');
    return ::recv(fd, text.data(), bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes) ? text : std::string(bytes, '\0');
  };
  const auto readFrame = [&] {
    const auto head = read(7);
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(head[at])); };
    read(byte(5) * 256 + byte(6) + 1);
  };
  read(8);
  answer({"\0\12\0\12\0\11\0\0\0\0\0\0\0\5PLAIN\0\0\0\5en_US", 28});  // start
  readFrame();
  answer({"\0\12\0\36\7\377\0\2\0\0\0\5", 12});  // tune: 2,047 channels, frames of 128 KiB, heartbeats of 5 s
  readFrame();
  readFrame();
  answer({"\0\12\0\51\0", 5});  // open-ok
}

TEST_F(Outage, ABrokerThatEndsEachConnectionAfterTheLoginIsAwayOnce) {
  Slammer slammer(letIn);
  auto flapping = broker();
  flapping.port = slammer.port;
  const auto began = SteadyClock::now();
  start({flapping});
  endpoint({"fs", "", "", "q"});  // without one nobody connects
  while (slammer.seen < 5 && SteadyClock::now() - began < std::chrono::seconds(30)) {
    std::this_thread::sleep_for(Millis{5});
  }
  EXPECT_EQ(slammer.seen, 5);
  // Between them lie 250, 500, 1,000 and 2,000 ms, each at least half of it.
  EXPECT_GE(SteadyClock::now() - began, Millis{1'800});
  EXPECT_THAT(alerts_.all(), ::testing::ElementsAre(HasSubstr("the connection ended")));
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
  EXPECT_EQ(reader_.next(queue).value().messageId, "msg_1");

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

/// The broker is out of memory, as it thinks, until the end of the test at the latest.
class MemoryAlarm {
 public:
  MemoryAlarm() { server().control("set_vm_memory_high_watermark 0.00001"); }
  ~MemoryAlarm() {
    if (!ended_) end();
  }
  MemoryAlarm(const MemoryAlarm&) = delete;
  MemoryAlarm& operator=(const MemoryAlarm&) = delete;
  void end() {
    ended_ = true;
    server().control("set_vm_memory_high_watermark 0.6");
  }

 private:
  bool ended_ = false;
};

TEST_F(Outage, ABrokerThatIsFullStallsItsEndpointsWithoutACharge) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  MemoryAlarm alarm;
  // The broker says so when the next message comes; that one is in its hands, and arrives in the end.
  const auto began = SteadyClock::now();
  auto first = result(deliver(to, "msg_2", {}, Millis{1'500}));
  expectUncharged(first);
  EXPECT_THAT(first.sentence, HasSubstr("takes no messages at present (low on memory)"));
  EXPECT_GE(SteadyClock::now() - began, Millis{1'400});
  const auto again = SteadyClock::now();
  expectUncharged(result(deliver(to, "msg_3")));
  EXPECT_LT(SteadyClock::now() - again, Millis{1'000}) << "it is parked at once";
  ASSERT_EQ(alerts_.all().size(), 1U);
  EXPECT_THAT(alerts_.all().front(), HasSubstr("takes no messages at present (low on memory)"));
  const auto blocked = channel().status("fs").value();
  EXPECT_EQ(toString(blocked.state), "blocked");
  EXPECT_THAT(blocked.lastError, HasSubstr("takes no messages at present (low on memory)"));
  alarm.end();
  EXPECT_EQ(onceThere(to, "msg_3").outcome, Outcome::Delivered);
  EXPECT_EQ(toString(channel().status("fs")->state), "connected");
  EXPECT_EQ(channel().status("fs")->lastError, "");
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
        deliver(to, "msg_big" + std::to_string(i), "\"" + std::string(30'000, 'x') + "\"", Millis{4'000}));
  const auto began = SteadyClock::now();
  for (auto& answer : answers) expectUncharged(result(std::move(answer)));
  EXPECT_LT(SteadyClock::now() - began, Millis{5'500}) << "each ends by its deadline";
  server().resume();
  EXPECT_EQ(onceThere(to, "msg_2").outcome, Outcome::Delivered);
}

}  // namespace
}  // namespace lull::rabbit
