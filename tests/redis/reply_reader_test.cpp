#include "reply_reader.hpp"

#include "redis/two_endpoints.hpp"

#include <lull/redis/stats_store.hpp>
#include <lull/redis/window_store.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace lull::redis {
namespace {

TEST(ReplyReader, TakesNumbersInDigitsOnly) {
  EXPECT_EQ(numberOf("-12"), -12);
  for (const auto* bad : {"", "abc", "1x", " 1", "1.5", "99999999999999999999", "-inf"}) {
    EXPECT_THROW((void)numberOf(bad), UnreadableValue) << bad;
    EXPECT_EQ(unsignedOr0(bad), 0U) << bad;
  }
}

TEST(ReplyReader, AnyScoreIsATimeThatCanBeWritten) {
  EXPECT_EQ(instantOfScore("1763900000000"), instantOf(1'763'900'000'000));
  EXPECT_EQ(instantOfScore("-inf"), instantOf(0));
  EXPECT_EQ(formatRfc3339(instantOfScore("inf")), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(instantOfScore("1e300"), instantOfScore("inf"));
  EXPECT_THROW((void)instantOfScore("soon"), UnreadableValue);
}

/// A server that answers every command with the same bytes, which no Redis would do.
class Parrot {
 public:
  Parrot() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Parrot() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  void answer(std::string bytes) { *answer_.lock() = std::move(bytes); }
  std::uint16_t port() const { return port_; }

 private:
  // One client at a time. Each command of ours begins with '*' after a line end or at the start; its parts hold none.
  void serve() {
    for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(client)) {
      char buffer[65536];
      for (ssize_t got = 0; (got = ::recv(client, buffer, sizeof buffer, 0)) > 0;) {
        const std::string_view bytes(buffer, static_cast<std::size_t>(got));
        for (std::size_t i = 0; i < bytes.size(); ++i) {
          if (bytes[i] != '*' || (i > 0 && bytes[i - 1] != '\n') || i + 1 == bytes.size() || bytes[i + 1] < '1')
            continue;
          const auto reply = *answer_.lock();
          ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
        }
      }
    }
  }
  int listener_;
  std::uint16_t port_ = 0;
  runtime::Guarded<std::string> answer_{std::string("+OK\r\n")};
  std::thread thread_;
};

/// Such an answer fails the handshake already, so no store gets beyond it. What is tested is that no answer, at any
/// place, ends the process.
TEST(WrongShapes, OfRepliesAreErrorsWhereverTheyCome) {
  Parrot parrot;
  NoMeter meter;
  testing::ManualClock clock;
  for (const std::string answer :
       {"+OK\r\n", ":1\r\n", "$-1\r\n", "*0\r\n", "*1\r\n:5\r\n", "*2\r\n$1\r\nx\r\n*0\r\n", "$3\r\nabc\r\n", "*-1\r\n",
        "*6\r\n$-1\r\n$-1\r\n:-5\r\n$3\r\nabc\r\n*0\r\n+x\r\n"}) {
    parrot.answer(answer);
    ShardSettings settings;
    settings.pool.address.port = parrot.port();
    settings.pool.timeout = Millis{500};
    settings.pool.firstRetryDelay = settings.pool.longestRetryDelay = Millis{0};
    settings.pool.size = 1;
    Shard shard(settings, clock, meter);
    EndpointRegistry registry(shard);
    const testing::FixedSign sign;
    QueueStore queue(shard, {}, sign);
    WindowStore windows(shard, {Millis{1}, Millis{1}}, sign, [](const ports::DueNote&) {});
    DeadLetterStore letters(shard, registry, Millis{1}, {}, [] {});
    StatsStore stats(shard, registry);
    EXPECT_FALSE(registry.current()) << answer;
    EXPECT_FALSE(queue.claim(clock.now(), {}, 1)) << answer;
    EXPECT_FALSE(windows.due()) << answer;
    EXPECT_FALSE(letters.list({}, {})) << answer;
    EXPECT_FALSE(stats.counters()) << answer;
  }
}

/// The same after a handshake that succeeded: the replies of the scripts are replaced, one after the other.
TEST(WrongShapes, AreErrorsInEveryReader) {
  const auto reply = [](Reply::Kind kind) {
    Reply wrong;
    wrong.kind = kind;
    return wrong;
  };
  for (const auto kind : {Reply::Kind::Nil, Reply::Kind::Integer, Reply::Kind::String, Reply::Kind::Status}) {
    EXPECT_THROW(ReplyItems{reply(kind)}, UnreadableValue);
  }
  Reply list = reply(Reply::Kind::Array);
  list.items = {reply(Reply::Kind::Nil), reply(Reply::Kind::Integer), reply(Reply::Kind::String)};
  list.items[1].integer = -1;
  const ReplyItems items(list);
  EXPECT_THROW((void)items.text(0), UnreadableValue);
  EXPECT_EQ(items.textOrEmpty(0), "");
  EXPECT_THROW((void)items.count(1), UnreadableValue);
  EXPECT_EQ(items.integer(1), -1);
  EXPECT_THROW((void)items.integer(2), UnreadableValue);
  EXPECT_THROW((void)items.at(3), UnreadableValue);
  const auto error = readReply("A queue", [&] { return items.integer(2); });
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, ErrorCode::Internal);
  EXPECT_EQ(error.error().message, "A queue holds what this version cannot read: an answer is no number.");
}

}  // namespace
}  // namespace lull::redis
