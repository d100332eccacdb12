#include "tcp_connect.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace lull::brokers {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// Whether the attempt has ended until then.
bool endsBy(int socket, SteadyClock::time_point until) {
  pollfd one{socket, POLLOUT, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
    const auto most = std::max<std::chrono::milliseconds::rep>(left.count(), 0);
    if (const int found = ::poll(&one, 1, static_cast<int>(most)); found >= 0 || errno != EINTR) return found > 0;
  }
}

/// The error number; 0: it is connected. ETIMEDOUT: not until then.
int connectBy(int socket, const addrinfo& address, SteadyClock::time_point until) {
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!endsBy(socket, until)) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

Loss lossOf(int error, const std::string& away) {
  if (error == ETIMEDOUT) return {away + "no connection within the time-out.", FailureClass::Timeout};
  const bool ours = error == EMFILE || error == ENFILE;
  return {away + "no connection (" + std::generic_category().message(error) + ").",
          ours ? FailureClass::Local : FailureClass::Connect};
}

}  // namespace

std::variant<int, Loss> connectToAny(const addrinfo* addresses, SteadyClock::time_point until,
                                     const std::string& away) {
  int left = 0;
  for (const auto* one = addresses; one != nullptr; one = one->ai_next) ++left;
  int error = ETIMEDOUT;
  for (const auto* one = addresses; one != nullptr; one = one->ai_next, --left) {
    const int socket = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto now = SteadyClock::now();
    error = socket < 0 ? errno : connectBy(socket, *one, now + (until - now) / left);
    if (error == 0) return socket;
    if (socket >= 0) ::close(socket);
  }
  return lossOf(error, away);
}

}  // namespace lull::brokers
