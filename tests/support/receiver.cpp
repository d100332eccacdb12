#include "support/receiver.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace lull::testing {

namespace {

std::string localAddress(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&address)->sin_addr, text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr, text.data(), text.size());
  }
  return text.data();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(tolower(c)); });
  return text;
}

/// The value of the first header of that name, without the blank before it; empty when there is none.
std::string valueOf(const std::string& head, const std::string& name) {
  const auto at = lower(head).find("\r\n" + lower(name) + ":");
  if (at == std::string::npos) return "";
  auto begin = at + name.size() + 3;
  if (head[begin] == ' ') ++begin;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::size_t contentLength(const std::string& head) {
  return std::strtoul(valueOf(head, "Content-Length").c_str(), nullptr, 10);
}

}  // namespace

bool hasHeader(const std::string& request, const std::string& name, const std::string& value) {
  return valueOf(request.substr(0, request.find("\r\n\r\n") + 2), name) == value;
}

Connection::Connection(Receiver& receiver, int fd, int index) : receiver_(receiver), fd_(fd), index_(index) {}

Connection::~Connection() {
  if (tls_ == nullptr) return;
  SSL_shutdown(tls_);
  SSL_free(tls_);
}

bool Connection::handshake(SSL_CTX* context) {
  tls_ = SSL_new(context);
  SSL_set_fd(tls_, fd_);
  const bool done = SSL_accept(tls_) == 1;
  if (done && SSL_session_reused(tls_) == 1) ++receiver_.resumed_;
  ERR_clear_error();
  const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
  const std::lock_guard guard(receiver_.mutex_);
  receiver_.serverName_ = name == nullptr ? "" : name;
  return done;
}

long Connection::readSome(char* buffer, std::size_t size) {
  if (tls_ != nullptr) return SSL_read(tls_, buffer, static_cast<int>(size));
  return recv(fd_, buffer, size, 0);
}

bool Connection::readRequest() {
  std::string text = std::exchange(begun_, {});
  std::array<char, 4096> buffer{};
  std::size_t whole = std::string::npos;
  while (true) {
    const auto end = whole == std::string::npos ? text.find("\r\n\r\n") : std::string::npos;
    if (end != std::string::npos) whole = end + 4 + contentLength(text.substr(0, end + 2));
    if (text.size() >= whole) break;
    const long got = readSome(buffer.data(), buffer.size());
    if (got <= 0) return false;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  receiver_.record(std::move(text));
  return true;
}

bool Connection::readBytes(std::size_t count) {
  std::array<char, 4096> buffer{};
  while (count > 0) {
    const long got = readSome(buffer.data(), std::min(count, buffer.size()));
    if (got <= 0) return false;
    begun_.append(buffer.data(), static_cast<std::size_t>(got));
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

void Connection::awaitArrival() {
  int unacknowledged = 1;
  while (ioctl(fd_, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0 && pause(std::chrono::milliseconds(1))) {
  }
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                      : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    receiver_.bytesSent_ += static_cast<std::size_t>(sent);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(receiver_.mutex_);
  return !receiver_.changed_.wait_for(lock, time, [this] { return receiver_.stopping_; });
}

void Connection::reset() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void Connection::fallSilent() {
  sock_filter dropEverything{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &dropEverything};
  setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}
void Connection::awaitClose() {
  std::array<char, 4096> buffer{};
  while (readSome(buffer.data(), buffer.size()) > 0) {
  }
}

Receiver::Receiver(Script script, Options options) : script_(std::move(script)), options_(options) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  listener_ = socket(options_.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  sockaddr_in v4{};  // every loopback address, so that one receiver has several
  v4.sin_family = AF_INET;
  v6.sin6_port = v4.sin_port = htons(options_.port);
  if (!options_.address.empty()) {
    inet_pton(options_.v6 ? AF_INET6 : AF_INET, options_.address.c_str(),
              options_.v6 ? static_cast<void*>(&v6.sin6_addr) : static_cast<void*>(&v4.sin_addr));
  }
  auto* address = options_.v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  socklen_t size = options_.v6 ? sizeof(v6) : sizeof(v4);
  if (options_.receiveBuffer > 0) {
    setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &options_.receiveBuffer, sizeof(options_.receiveBuffer));
  }
  constexpr int kBacklog = 512;
  if (bind(listener_, address, size) != 0 || listen(listener_, options_.accepting ? kBacklog : 0) != 0 ||
      getsockname(listener_, address, &size) != 0) {
    throw std::runtime_error("the receiver cannot listen");
  }
  port_ = ntohs(options_.v6 ? v6.sin6_port : v4.sin_port);
  if (options_.accepting) {
    acceptor_ = std::thread([this] { acceptLoop(); });
  } else {
    fillBacklog();
  }
}

/// With the backlog full, Linux drops further SYNs: the sender sees what it would see of a black hole.
void Receiver::fillBacklog() {
  constexpr int kMoreThanEnough = 4;
  for (int i = 0; i < kMoreThanEnough; ++i) {
    sockaddr_storage own{};
    socklen_t size = sizeof(own);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size);
    const int fd = socket(own.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connect(fd, reinterpret_cast<sockaddr*>(&own), size);
    open_.push_back(fd);
  }
}

Receiver::~Receiver() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();  // from now on no thread is added
  for (auto& thread : threads_) thread.join();
  if (!options_.accepting) {
    for (const int fd : open_) close(fd);
  }
  close(listener_);
}

void Receiver::acceptLoop() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const std::lock_guard guard(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    const int index = connections_++;
    open_.push_back(fd);
    addresses_.push_back(localAddress(fd));
    threads_.emplace_back([this, fd, index] { serve(fd, index); });
  }
}

void Receiver::serve(int fd, int index) {
  {
    Connection connection(*this, fd, index);
    if (options_.tls == nullptr || connection.handshake(options_.tls)) script_(connection);
  }
  const std::lock_guard guard(mutex_);
  std::erase(open_, fd);
  close(fd);
}

void Receiver::record(std::string request) {
  {
    const std::lock_guard guard(mutex_);
    requests_.push_back(std::move(request));
  }
  changed_.notify_all();
}

bool Receiver::awaitRequests(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || requests_.size() >= count; });
  return !stopping_;
}

void Receiver::signal() {
  {
    const std::lock_guard guard(mutex_);
    ++signals_;
  }
  changed_.notify_all();
}

void Receiver::awaitSignals(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || signals_ >= count; });
}

std::vector<std::string> Receiver::requests() const {
  const std::lock_guard guard(mutex_);
  return requests_;
}

std::vector<std::string> Receiver::addresses() const {
  const std::lock_guard guard(mutex_);
  return addresses_;
}

std::string Receiver::serverName() const {
  const std::lock_guard guard(mutex_);
  return serverName_;
}

}  // namespace lull::testing
