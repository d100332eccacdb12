#include "common/socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace lull::bench {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void setFlag(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

sockaddr_in addressOf(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &result.sin_addr) != 1) {
    errno = EINVAL;
    fail("not an IPv4 address");
  }
  return result;
}

int newSocket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    fail("socket");
  }
  return fd;
}

}  // namespace

int listenOn(std::uint16_t port) {
  constexpr int kBacklog = 4096;
  const int fd = newSocket();
  setFlag(fd, SOL_SOCKET, SO_REUSEADDR);
  const auto address = addressOf("127.0.0.1", port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, kBacklog) != 0) {
    fail("listen");
  }
  return fd;
}

std::uint16_t portOf(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("getsockname");
  }
  return ntohs(address.sin_port);
}

int acceptFrom(int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    setFlag(fd, IPPROTO_TCP, TCP_NODELAY);
  }
  return fd;
}

int connectTo(const std::string& address, std::uint16_t port) {
  const int fd = newSocket();
  setFlag(fd, IPPROTO_TCP, TCP_NODELAY);
  const auto target = addressOf(address, port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0 && errno != EINPROGRESS) {
    fail("connect");
  }
  return fd;
}

ssize_t readInto(int fd, std::string& buffer) {
  static std::array<char, 65536> chunk;
  const ssize_t count = recv(fd, chunk.data(), chunk.size(), 0);
  if (count > 0) {
    buffer.append(chunk.data(), static_cast<std::size_t>(count));
    return count;
  }
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? -1 : 0;
}

bool writeFrom(int fd, std::string& pending) {
  const ssize_t count = send(fd, pending.data(), pending.size(), MSG_NOSIGNAL);
  if (count < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  pending.erase(0, static_cast<std::size_t>(count));
  return true;
}

}  // namespace lull::bench
