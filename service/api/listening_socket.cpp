#include "listening_socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace lull::api {

namespace {

constexpr int kBacklog = 1024;

Error bindError(const std::string& host, std::uint16_t port, int reason) {
  const auto shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  std::string message = "Cannot listen on http://" + shown + ":" + std::to_string(port) + ": ";
  if (reason == EADDRINUSE) {
    message += "address already in use. Stop the other process or change Urls.";
  } else if (reason == EADDRNOTAVAIL) {
    message += "this machine has no such address. Change Urls.";
  } else if (reason == EACCES) {
    message += "permission denied. Use a port above 1023 or change Urls.";
  } else {
    message += reason != 0 ? std::strerror(reason) : "it is no address to bind to";
    message += ". Change Urls.";
  }
  return {ErrorCode::Unavailable, std::move(message)};
}

bool bindAndListen(int socket, const addrinfo& address) {
  // Not SO_REUSEPORT: with it a second instance would share the port silently.
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  return ::bind(socket, address.ai_addr, address.ai_addrlen) == 0 && ::listen(socket, kBacklog) == 0;
}

std::uint16_t portOf(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  const auto port = address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                                  : reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return ntohs(port);
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return bindError(host, port, 0);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return bindError(host, port, errno);
  ListeningSocket socket(descriptor, port);
  if (!bindAndListen(descriptor, *found)) return bindError(host, port, errno);
  socket.port_ = portOf(descriptor);
  return socket;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), port_(other.port_) {}

ListeningSocket::~ListeningSocket() {
  if (socket_ >= 0) ::close(socket_);
}

}  // namespace lull::api
