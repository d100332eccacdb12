#include "conformance/footprint.hpp"
#include "conformance/harness.hpp"

#include <lull/net/native_transport.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

/// What only the default transport promises.
namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

const Case kPlain{.name = "", .situation = "", .script = nullptr, .native = {}, .cppRest = {}};

struct NativeTransportTest : ::testing::Test {
  const net::AddressGuard guard = guardOf(kPlain, Adapter::Native);

  ports::HttpAnswer send(ports::Transport& transport, const Receiver& receiver, bool tls = false) const {
    auto request = requestFor(kPlain, receiver.port(), {"127.0.0.1"});
    request.target.tls = tls;
    return post(transport, std::move(request)).get();
  }
};

/// UBSan opens a pipe when it meets a type for the first time, which fails without descriptors: this meets them.
void meetEveryType(ports::Transport& transport) {
  constexpr std::uint16_t kNobody = 1;
  auto request = requestFor(kPlain, kNobody, {"127.0.0.1"});
  EXPECT_EQ(post(transport, std::move(request)).get().failure, TransportFailure::Connect);
}

std::string contentOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Replaces a file as a mounted Secret is replaced: whole, by a rename.
class AuthorityFile {
 public:
  AuthorityFile() : path_(std::filesystem::temp_directory_path() / ("lull-trust-" + std::to_string(getpid()))) {}
  ~AuthorityFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  AuthorityFile(const AuthorityFile&) = delete;
  AuthorityFile& operator=(const AuthorityFile&) = delete;
  void become(const std::string& content) const {
    const auto next = path_.string() + ".next";
    std::ofstream(next) << content;
    std::filesystem::rename(next, path_);
  }
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

TEST_F(NativeTransportTest, ReadsReplacedAuthoritiesAndLetsGoWhatItKeptUnderTheOldOnes) {
  const Authority old;
  const Authority next;
  const auto context = old.serverContext({.subjectAltName = "IP:127.0.0.1"});
  Receiver receiver(keepAlive, {.tls = context.get()});
  const AuthorityFile file;
  file.become(contentOf(old.file()));
  net::TransportSettings settings;
  settings.caFile = file.path();
  net::NativeTransport transport(settings, guard);
  EXPECT_EQ(send(transport, receiver, true).status, 200);
  EXPECT_EQ(send(transport, receiver, true).status, 200);
  EXPECT_EQ(receiver.connections(), 1);
  file.become(contentOf(next.file()));
  const auto refused = send(transport, receiver, true);
  EXPECT_EQ(refused.failure, TransportFailure::Tls) << "the old authority is still trusted";
  EXPECT_EQ(receiver.requests().size(), 2U);
  file.become(contentOf(next.file()) + contentOf(old.file()));
  EXPECT_EQ(send(transport, receiver, true).status, 200);
  file.become("half a certif");
  EXPECT_EQ(send(transport, receiver, true).status, 200) << "what cannot be read takes no trust away";
}

TEST_F(NativeTransportTest, ResumesTlsSessions) {
  const Authority authority;
  const auto context = authority.serverContext({.subjectAltName = "IP:127.0.0.1"});
  Receiver receiver(
      [](Connection& connection) {
        if (connection.readRequest())
          connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      },
      {.tls = context.get()});
  net::TransportSettings settings;
  settings.caFile = authority.file().string();
  net::NativeTransport transport(settings, guard);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(send(transport, receiver, true).status, 200);
  EXPECT_EQ(receiver.connections(), 4);
  EXPECT_EQ(receiver.resumedSessions(), 3);
}

/// No descriptor can be opened while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowestFree = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(lowestFree);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowestFree);
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(NativeTransportTest, CallsItsOwnExhaustionByItsNameAndDoesNotSpin) {
  Receiver receiver(keepAlive, {});
  net::NativeTransport transport({}, guard);
  meetEveryType(transport);
  {
    const NoDescriptors none;
    const auto start = std::chrono::steady_clock::now();
    const auto answer = send(transport, receiver);
    EXPECT_EQ(answer.failure, TransportFailure::Exhausted) << answer.error;
    EXPECT_FALSE(answer.error.empty());
    EXPECT_GE(std::chrono::steady_clock::now() - start, 500ms) << "it came back at once, to be claimed at once";
  }
  EXPECT_EQ(receiver.connections(), 0);
  EXPECT_EQ(send(transport, receiver).status, 200);
}

TEST_F(NativeTransportTest, WaitsAMomentForADescriptor) {
  Receiver receiver(keepAlive, {});
  net::NativeTransport transport({}, guard);
  meetEveryType(transport);
  std::future<ports::HttpAnswer> answer;
  {
    const NoDescriptors none;
    answer = post(transport, requestFor(kPlain, receiver.port(), {"127.0.0.1"}));
    EXPECT_EQ(answer.wait_for(50ms), std::future_status::timeout);
  }
  EXPECT_EQ(answer.get().status, 200);
}

TEST_F(NativeTransportTest, KeepsNoMoreConnectionsThanItsLimit) {
  Receiver* self = nullptr;
  Receiver receiver(
      [&self](Connection& connection) {
        if (connection.readRequest() && self->awaitRequests(6) && connection.send(kOk)) connection.awaitClose();
        self->signal();
      },
      {});
  self = &receiver;
  net::NativeTransport transport({.caFile = {}, .maxIdleConnections = 512, .maxIdleConnectionsPerOrigin = 2}, guard);
  std::vector<std::future<ports::HttpAnswer>> answers;
  for (int i = 0; i < 6; ++i) answers.push_back(post(transport, requestFor(kPlain, receiver.port(), {"127.0.0.1"})));
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200);
  receiver.awaitSignals(4);
}

/// Accepts, reads what comes, sends a long piece of a head to each, and holds them all, in one thread and without
/// memory of its own.
class Holder {
 public:
  explicit Holder(std::string bytes)
      : bytes_(std::move(bytes)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 512);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Holder() {
    for (const int fd : held_) close(fd);
    close(listener_);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  std::uint16_t port() const { return port_; }
  void take(std::size_t count) {
    held_.reserve(held_.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      ASSERT_GE(fd, 0);
      held_.push_back(fd);
      char byte = 0;
      ASSERT_EQ(recv(fd, &byte, 1, 0), 1);
      ASSERT_EQ(::send(fd, bytes_.data(), bytes_.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes_.size()));
    }
  }

 private:
  const std::string bytes_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> held_;
};

TEST_F(NativeTransportTest, AHundredHostileReceiversCostLittle) {
  constexpr std::size_t kReceivers = 100;
  Holder holder("HTTP/1.1 200 OK\r\nX-Flood: " + std::string(31'000, 'x'));
  net::NativeTransport transport({}, guard);
  std::vector<std::future<ports::HttpAnswer>> answers;
  const auto sendTo = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      auto request = requestFor(kPlain, holder.port(), {"127.0.0.1"});
      request.timeout = 60'000ms;
      answers.push_back(post(transport, std::move(request)));
    }
    holder.take(count);
  };
  answers.reserve(kReceivers + 1);
  sendTo(1);  // what every first one needs
  const Footprint footprint;
  sendTo(kReceivers);
  // All has been read when a request that began later has been answered.
  Receiver healthy(keepAlive, {});
  EXPECT_EQ(send(transport, healthy).status, 200);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  constexpr std::size_t kMostKiB = 2UL * 1024;
  EXPECT_LE(footprint.growthKiB(), kMostKiB);
#endif
  std::cout << "RSS of 100 hostile receivers: " << footprint.growthKiB() << " KiB\n";
}

}  // namespace

}  // namespace lull::conformance
