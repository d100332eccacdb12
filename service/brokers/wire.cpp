#include <lull/brokers/wire.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace lull::brokers {

namespace {
constexpr std::size_t kMostAtOnce = 1024 * 1024;
}  // namespace

void blockBrokenPipes() {
  sigset_t pipeOnly;
  sigemptyset(&pipeOnly);
  sigaddset(&pipeOnly, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipeOnly, nullptr);
}

Wire::~Wire() {
  tls_.reset();
  if (socket_ >= 0) ::close(socket_);
}

void Wire::lose(Loss loss) {
  if (!lost_) lost_ = std::move(loss);
}

Loss Wire::lossOf(int error) const {
  const bool silent = error == ETIMEDOUT;
  return {away_ + "the connection ended (" + std::generic_category().message(error) + ").",
          silent ? FailureClass::Timeout : FailureClass::Reset};
}

Wire::Moved Wire::byTls(int returned) const {
  if (returned > 0) return {static_cast<std::size_t>(returned)};
  switch (SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {};
    case SSL_ERROR_SYSCALL:
      if (errno != 0) return {0, lossOf(errno)};
      [[fallthrough]];
    case SSL_ERROR_ZERO_RETURN:
      return {0, Loss{away_ + "it closed the connection.", FailureClass::Reset}};
    default:
      return {0, Loss{away_ + "the connection ended (TLS).", FailureClass::Tls}};
  }
}

Wire::Moved Wire::bySystem(ssize_t returned) const {
  if (returned >= 0) return {static_cast<std::size_t>(returned)};
  if (errno == EAGAIN || errno == EINTR) return {};
  return {0, lossOf(errno)};
}

std::size_t Wire::read(char* into, std::size_t size) {
  if (lost_ || size == 0) return 0;
  size = std::min(size, kMostAtOnce);
  Moved moved;
  if (tls_) {
    ERR_clear_error();
    errno = 0;
    moved = byTls(SSL_read(tls_.get(), into, static_cast<int>(size)));
  } else {
    const auto got = ::recv(socket_, into, size, 0);
    moved = bySystem(got);
    if (got == 0) moved.loss = {away_ + "it closed the connection.", FailureClass::Reset};
  }
  if (moved.bytes == 0 && unwritable_) moved.loss = std::exchange(unwritable_, std::nullopt);
  if (moved.loss) lose(*std::move(moved.loss));
  return moved.bytes;
}

std::size_t Wire::write(std::string_view bytes) {
  if (takesNothing() || bytes.empty()) return 0;
  bytes = bytes.substr(0, kMostAtOnce);
  Moved moved;
  if (tls_) {
    ERR_clear_error();
    errno = 0;
    moved = byTls(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())));
  } else {
    moved = bySystem(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  unwritable_ = std::move(moved.loss);
  return moved.bytes;
}

bool Wire::hasBuffered() const {
  return tls_ && SSL_pending(tls_.get()) > 0;
}

void Wire::wait(bool writable, SteadyClock::time_point until) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
  pollfd one{socket_, static_cast<short>(writable ? POLLOUT : POLLIN), 0};
  ::poll(&one, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
}

}  // namespace lull::brokers
