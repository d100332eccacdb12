#include "acceptor.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace lull::http {

namespace {

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kBindAgain{100};

/// Runs what it gets at once: a socket is only handed on.
class AtOnce final : public httplib::TaskQueue {
 public:
  // The return type differs between the releases of httplib: void, later bool.
  using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::declval<std::function<void()>>()));
  Taken enqueue(std::function<void()> task) override {
    task();
    return Taken(true);
  }
  void shutdown() override {}
};

}  // namespace

Acceptor::Acceptor(Accepted accepted) : accepted_(std::move(accepted)) {
  new_task_queue = [] { return new AtOnce; };
  set_tcp_nodelay(true);
  set_socket_options([this](socket_t socket) {
    // Not SO_REUSEPORT, httplib's default: with it a second instance would share the port silently.
    const int on = 1;
    const int off = 0;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));  // has no effect on an IPv4 socket
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    listening_ = socket;
  });
}

Acceptor::~Acceptor() {
  stop();
  if (!ran_ && listening_ != INVALID_SOCKET) ::close(listening_);  // else httplib has closed it
}

std::variant<std::uint16_t, BindFault> Acceptor::bind(const std::string& host, std::uint16_t port) {
  errno = 0;
  const int bound = port == 0 ? bind_to_any_port(host) : (bind_to_port(host, port) ? port : -1);
  const int reason = errno;
  if (bound <= 0) return BindFault{reason};
  // httplib listens with a backlog of 5; asking again changes it.
  ::listen(listening_, kBacklog);
  host_ = host;
  port_ = static_cast<std::uint16_t>(bound);
  return port_;
}

void Acceptor::run() {
  ran_ = true;
  while (!stopping_) {
    listen_after_bind();
    while (!stopping_ && std::holds_alternative<BindFault>(bind(host_, port_))) {
      std::this_thread::sleep_for(kBindAgain);
    }
  }
}

void Acceptor::stop() {
  stopping_ = true;
  // httplib's own stop() does nothing before its loop runs; without its socket the loop ends by itself.
  ::shutdown(listening_, SHUT_RDWR);
  httplib::Server::stop();
}

bool Acceptor::process_and_close_socket(socket_t socket) {
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  accepted_(socket);
  return true;
}

}  // namespace lull::http
