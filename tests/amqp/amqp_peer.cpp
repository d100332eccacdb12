#include "amqp_peer.hpp"

#include "peer_connection.hpp"

#include <lull/brokers/wire.hpp>

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stdexcept>

namespace lull::testing {

namespace {

SSL_CTX* contextOf(const std::string& pem) {
  if (pem.empty()) return nullptr;
  auto* context = SSL_CTX_new(TLS_server_method());
  const bool ok = SSL_CTX_use_certificate_file(context, pem.c_str(), SSL_FILETYPE_PEM) == 1 &&
                  SSL_CTX_use_PrivateKey_file(context, pem.c_str(), SSL_FILETYPE_PEM) == 1 &&
                  SSL_CTX_load_verify_file(context, pem.c_str()) == 1;
  if (!ok) throw std::runtime_error("the peer cannot use " + pem);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

}  // namespace

AmqpPeer::AmqpPeer(const std::string& pem)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      tls_(contextOf(pem), &SSL_CTX_free) {
  const int bytes = 262'144;  // those who write find out early that nobody reads
  ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool ok = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
                  ::listen(listener_, 16) == 0;
  if (!ok) throw std::runtime_error("the peer cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

AmqpPeer::~AmqpPeer() {
  stopping_ = true;
  wake();
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void AmqpPeer::wake() const {
  ::eventfd_write(wake_, 1);
}

std::vector<AmqpPeer::Read> AmqpPeer::of(const std::string& queue) const {
  const std::lock_guard guard(mutex_);
  std::vector<Read> all;
  std::ranges::copy_if(reads_, std::back_inserter(all), [&](const Read& one) { return one.queue == queue; });
  return all;
}

int AmqpPeer::links(const std::string& queue) const {
  const std::lock_guard guard(mutex_);
  const auto found = links_.find(queue);
  return found == links_.end() ? 0 : found->second;
}

int AmqpPeer::openLinks(const std::string& queue) const {
  const std::lock_guard guard(mutex_);
  const auto closed = closedLinks_.find(queue);
  const auto all = links_.find(queue);
  return (all == links_.end() ? 0 : all->second) - (closed == closedLinks_.end() ? 0 : closed->second);
}

void AmqpPeer::introduce(const std::string& product, const std::string& version) {
  const std::lock_guard guard(mutex_);
  introduction_ = {{"product", product}, {"version", version}};
}

std::map<std::string, std::vector<std::string>> AmqpPeer::attached() const {
  const std::lock_guard guard(mutex_);
  return attached_;
}

void AmqpPeer::setSilent(bool silent) {
  silent_ = silent;
  while (isSilent_ != silent) {
    wake();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void AmqpPeer::cut() {
  cut_ = true;
  wake();
}

void AmqpPeer::wet() {
  wet_ = true;
  wake();
}

void AmqpPeer::settle() {
  settles_ = true;
  wake();
}

void AmqpPeer::run() {
  brokers::blockBrokenPipes();
  std::vector<std::unique_ptr<PeerConnection>> open;
  while (!stopping_) {
    std::vector<pollfd> fds{{wake_, POLLIN, 0}};
    if (!silent_) {
      fds.push_back({listener_, POLLIN, 0});
      for (const auto& one : open) fds.push_back({one->socket(), POLLIN, 0});
    }
    ::poll(fds.data(), fds.size(), 100);
    eventfd_t woken = 0;
    ::eventfd_read(wake_, &woken);
    isSilent_ = silent_.load();
    if (isSilent_) continue;
    if (cut_.exchange(false)) open.clear();
    for (int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); fd >= 0;
         fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) {
      ++connections_;
      open.push_back(std::make_unique<PeerConnection>(*this, fd));
    }
    std::erase_if(open, [](const auto& one) { return !one->turn(); });
  }
}

}  // namespace lull::testing
