// The connection below every protocol, against sockets of the tests' own.
#include "../../service/brokers/tcp_connect.hpp"
#include "stomp/certificate.hpp"

#include <lull/brokers/wire.hpp>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lull::brokers {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

struct Socket {
  explicit Socket(int given) : fd(given) {}
  ~Socket() { shut(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  void shut() {
    if (const int old = std::exchange(fd, -1); old >= 0) ::close(old);
  }
  int fd;
};

/// Takes connections on loopback, as many as it has room for until they are accepted.
struct Listener : Socket {
  explicit Listener(int room = 8) : Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    ::listen(fd, room);
    info.ai_family = AF_INET;
    info.ai_socktype = SOCK_STREAM;
    info.ai_addr = reinterpret_cast<sockaddr*>(&address);
    info.ai_addrlen = sizeof address;
  }
  Broker broker() const {
    Broker one;
    one.name = "desk";
    one.host = "127.0.0.1";
    one.port = ntohs(address.sin_port);
    return one;
  }
  sockaddr_in address{};
  addrinfo info{};
};

std::unique_ptr<Wire> wireTo(const Broker& broker) {
  blockBrokenPipes();
  auto opened = Wire::open(broker, {});
  if (const auto* loss = std::get_if<Loss>(&opened)) ADD_FAILURE() << loss->sentence;
  return std::get<std::unique_ptr<Wire>>(std::move(opened));
}

bool turns(int socket, short event) {
  pollfd one{socket, event, 0};
  return ::poll(&one, 1, 10'000) == 1 && (one.revents & (event | POLLERR | POLLHUP)) != 0;
}

/// Writes behind the end of a connection, and expects that what came before it is still read.
void expectReadThoughWritingFails(Wire& wire, const std::string& said) {
  ASSERT_TRUE(turns(wire.socket(), 0)) << "the connection is cut";
  EXPECT_EQ(wire.write("more"), 0U);
  EXPECT_TRUE(wire.takesNothing());
  EXPECT_FALSE(wire.lost());
  std::array<char, 64> chunk;
  const auto got = wire.read(chunk.data(), chunk.size());
  EXPECT_EQ(std::string(chunk.data(), got), said);
  EXPECT_FALSE(wire.lost());
  EXPECT_EQ(wire.read(chunk.data(), chunk.size()), 0U);
  ASSERT_TRUE(wire.lost());
  EXPECT_EQ(wire.lost()->failure, FailureClass::Reset);
  EXPECT_THAT(wire.lost()->sentence, HasSubstr("The broker desk is away: the connection ended ("));
}

TEST(BrokerWire, WhatTheBrokerSaidBeforeItCutTheConnectionIsReadAlthoughWritingFails) {
  Listener listener;
  const auto wire = wireTo(listener.broker());
  Socket peer(::accept(listener.fd, nullptr, nullptr));
  EXPECT_EQ(wire->write("a frame"), 7U);
  ASSERT_TRUE(turns(peer.fd, POLLIN));
  ASSERT_EQ(::send(peer.fd, "RECEIPT", 7, 0), 7);
  peer.shut();  // with something unread, so the system resets the connection
  expectReadThoughWritingFails(*wire, "RECEIPT");
}

TEST(BrokerWire, TheSameHoldsWithTls) {
  const testing::Certificate own;
  Listener listener;
  const std::jthread broker([&] {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_use_certificate_chain_file(context.get(), own.file().c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), own.file().c_str(), SSL_FILETYPE_PEM);
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), &SSL_free);
    const Socket peer(::accept(listener.fd, nullptr, nullptr));
    const int yes = 1;  // otherwise what is written last may wait behind the session's tickets, and end with the socket
    ::setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    SSL_set_fd(tls.get(), peer.fd);
    EXPECT_EQ(SSL_accept(tls.get()), 1);
    EXPECT_TRUE(turns(peer.fd, POLLIN));
    EXPECT_EQ(SSL_write(tls.get(), "RECEIPT", 7), 7);
  });
  auto to = listener.broker();
  to.tls = true;
  to.caFile = own.file();
  const auto wire = wireTo(to);
  EXPECT_EQ(wire->write("a frame"), 7U);
  expectReadThoughWritingFails(*wire, "RECEIPT");
}

// With a host of two addresses the first may be one that nothing comes back from.
TEST(BrokerWire, AnAddressThatDoesNotAnswerLeavesTimeForTheNext) {
  Listener full(0);
  std::vector<std::unique_ptr<Socket>> many;  // what it has room for, and more
  for (int i = 0; i < 4; ++i) {
    many.push_back(std::make_unique<Socket>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
    ::connect(many.back()->fd, full.info.ai_addr, full.info.ai_addrlen);
  }
  const auto alone = connectToAny(&full.info, SteadyClock::now() + milliseconds(50), "Away: ");
  ASSERT_TRUE(std::holds_alternative<Loss>(alone)) << "it answers";
  EXPECT_EQ(std::get<Loss>(alone).sentence, "Away: no connection within the time-out.");
  Listener there;
  full.info.ai_next = &there.info;
  const auto until = SteadyClock::now() + milliseconds(400);
  const auto second = connectToAny(&full.info, until, "Away: ");
  EXPECT_LT(SteadyClock::now(), until) << "nothing was left for the next: this one is near";
  ASSERT_TRUE(std::holds_alternative<int>(second)) << std::get<Loss>(second).sentence;
  const Socket connected(std::get<int>(second));
  sockaddr_in peer{};
  socklen_t length = sizeof peer;
  ::getpeername(connected.fd, reinterpret_cast<sockaddr*>(&peer), &length);
  EXPECT_EQ(peer.sin_port, there.address.sin_port);
}

// OpenSSL would ask whoever sits at the terminal, or read what comes on the standard input.
TEST(BrokerWire, AClientKeyWithAPassphraseCannotBeUsedAndNobodyIsAskedForIt) {
  const testing::Certificate own("hare-and-hounds");
  std::array<int, 2> answer;
  ASSERT_EQ(::pipe(answer.data()), 0);
  const Socket asked(answer[0]);
  Socket typist(answer[1]);
  ASSERT_EQ(::write(typist.fd, "hare-and-hounds\n", 16), 16);
  typist.shut();
  const Socket before(::dup(STDIN_FILENO));
  ::dup2(asked.fd, STDIN_FILENO);
  Listener listener;
  auto to = listener.broker();
  to.tls = true;
  to.clientCertificate = own.file();
  const auto opened = Wire::open(to, {milliseconds(300), std::chrono::seconds(5)});
  ::dup2(before.fd, STDIN_FILENO);
  ASSERT_TRUE(std::holds_alternative<Loss>(opened));
  EXPECT_EQ(std::get<Loss>(opened).sentence,
            "The broker desk cannot be connected to: its ClientCertificate cannot be used.");
}

}  // namespace
}  // namespace lull::brokers
