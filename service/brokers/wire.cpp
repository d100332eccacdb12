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

void Wire::loseByErrno(int error) {
  const bool silent = error == ETIMEDOUT;
  lose({away_ + "the connection ended (" + std::generic_category().message(error) + ").",
        silent ? FailureClass::Timeout : FailureClass::Reset});
}

std::size_t Wire::judged(int returned) {
  if (returned > 0) return static_cast<std::size_t>(returned);
  switch (SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return 0;
    case SSL_ERROR_SYSCALL:
      if (errno != 0) {
        loseByErrno(errno);
        return 0;
      }
      [[fallthrough]];
    case SSL_ERROR_ZERO_RETURN:
      lose({away_ + "it closed the connection.", FailureClass::Reset});
      return 0;
    default:
      lose({away_ + "the connection ended (TLS).", FailureClass::Tls});
      return 0;
  }
}

std::size_t Wire::read(char* into, std::size_t size) {
  if (lost_ || size == 0) return 0;
  constexpr std::size_t kMost = 1024 * 1024;
  size = std::min(size, kMost);
  if (tls_) {
    ERR_clear_error();
    errno = 0;
    return judged(SSL_read(tls_.get(), into, static_cast<int>(size)));
  }
  const auto got = ::recv(socket_, into, size, 0);
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0) {
    lose({away_ + "it closed the connection.", FailureClass::Reset});
  } else if (errno != EAGAIN && errno != EINTR) {
    loseByErrno(errno);
  }
  return 0;
}

std::size_t Wire::write(std::string_view bytes) {
  if (lost_ || bytes.empty()) return 0;
  constexpr std::size_t kMost = 1024 * 1024;
  bytes = bytes.substr(0, kMost);
  if (tls_) {
    ERR_clear_error();
    errno = 0;
    return judged(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())));
  }
  const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno != EAGAIN && errno != EINTR) loseByErrno(errno);
  return 0;
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
