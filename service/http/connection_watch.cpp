#include "connection_watch.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <string>
#include <system_error>

namespace lull::http {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMaxThreads = 512;
constexpr milliseconds kIdleLife{20000};
// A thread stays with its connection for so long: a client that calls again and again need not be watched in between.
constexpr milliseconds kStay{100};
// How often to look for slow clients while others wait for a thread.
constexpr milliseconds kSoon{50};
constexpr milliseconds kLater{1000};

// What an event of epoll is about: a connection by its id, or this.
constexpr std::uint64_t kWake = ~std::uint64_t{0};

int descriptorOr(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return descriptor;
}

bool watch(int events, int operation, int descriptor, std::uint32_t what, std::uint64_t data) {
  epoll_event event{};
  event.events = what;
  event.data.u64 = data;
  return ::epoll_ctl(events, operation, descriptor, &event) == 0;
}

constexpr std::uint32_t kNextBytes = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;

}  // namespace

ConnectionWatch::ConnectionWatch(RequestHandler& handler, const ListenerLimits& limits,
                                 const std::atomic<bool>& stopping)
    : handler_(handler),
      stopping_(stopping),
      requests_(handler, limits, stopping),
      connections_(limits.maxConnections, stopping),
      workers_(kMaxThreads, [this] { handler_.noThread(); }),
      events_(descriptorOr(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ >= 0 && watch(events_, EPOLL_CTL_ADD, wake_, EPOLLIN, kWake)) return;
  const int reason = errno;
  ::close(events_);
  if (wake_ >= 0) ::close(wake_);
  throw std::system_error(reason, std::generic_category(), "eventfd");
}

ConnectionWatch::~ConnectionWatch() {
  ::close(events_);
  ::close(wake_);
}

void ConnectionWatch::accepted(int socket) {
  if (accepted_.put(socket)) wake();
}

void ConnectionWatch::stopIntake() {
  accepted_.close();
  connections_.shut(SHUT_RD);
  wake();
}

void ConnectionWatch::endAll() {
  connections_.shut(SHUT_RDWR);
  wake();
}

void ConnectionWatch::wake() const {
  ::eventfd_write(wake_, 1);
}

// --- the watching thread ---

void ConnectionWatch::run() {
  while (!stopping_ || connections_.size() > 0) {
    const auto waiting = workers_.waiting();
    if (waiting > 0) connections_.relieve(waiting);
    look(waiting > 0 ? kSoon : kLater);
    if (stopping_) {
      // What has arrived is still read, and a request that is whole gets its response.
      for (const auto id : connections_.dismissIdle()) hand(id);
    } else {
      connections_.closeIdleSince(steady_clock::now() - kIdleLife);
    }
  }
  workers_.shutdown();
}

void ConnectionWatch::look(milliseconds patience) {
  constexpr int kMostEvents = 256;
  std::array<epoll_event, kMostEvents> events{};
  const int count = ::epoll_wait(events_, events.data(), kMostEvents, static_cast<int>(patience.count()));
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    const auto what = events.at(static_cast<std::size_t>(i)).data.u64;
    if (what == kWake) {
      eventfd_t times = 0;
      ::eventfd_read(wake_, &times);
      woken = true;
    } else {
      hand(what);
    }
  }
  if (!woken) return;
  // Who is here already went first.
  for (const int socket : accepted_.takeAll()) admit(socket);
}

void ConnectionWatch::admit(int socket) {
  sockaddr_storage from{};
  socklen_t length = sizeof(from);
  ::getpeername(socket, reinterpret_cast<sockaddr*>(&from), &length);
  const auto id = connections_.admit(socket, clientOf(from));
  if (!id) {
    turnAway(socket);
  } else if (!watch(events_, EPOLL_CTL_ADD, socket, kNextBytes, *id)) {
    connections_.remove(*id);
  }
}

/// Blocks for nothing: all new connections wait for this thread.
void ConnectionWatch::turnAway(int socket) {
  constexpr std::size_t kMostDrained = 16384;
  const auto response = handler_.overloaded();
  const auto text = headOf(response, false) + std::string(response.content());
  (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(socket, SHUT_WR);
  // Closing with unread bytes resets the connection, and the response would be lost.
  std::array<char, kMostDrained> unread;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv() fills it
  (void)::recv(socket, unread.data(), unread.size(), MSG_DONTWAIT);
  ::close(socket);
}

void ConnectionWatch::hand(Id id) {
  const auto taken = connections_.take(id);
  if (taken.connection == nullptr) return;  // closed since the event came
  auto& connection = *taken.connection;
  if (workers_.submit([this, id, &connection] { serveConnection(id, connection); }, taken.known)) return;
  const int socket = ::dup(connection.socket());
  connections_.remove(id);
  if (socket >= 0) turnAway(socket);
}

// --- the threads of the pool ---

void ConnectionWatch::serveConnection(Id id, ClientConnection& connection) {
  try {
    while (serveOne(id, connection)) {
    }
  } catch (const std::exception&) {
    // There was no memory for its bytes: this connection ends, not the process.
    connections_.remove(id);
  }
  if (stopping_) wake();
}

/// False when the connection is no longer this thread's: it has ended, or is idle.
bool ConnectionWatch::serveOne(Id id, ClientConnection& connection) {
  const bool needed = stopping_ || workers_.waiting() > 0;
  const auto after = requests_.serveOne(connection, needed ? milliseconds{0} : kStay, [&] { connections_.vouch(id); });
  if (after == RequestLoop::After::Next) return true;
  if (after == RequestLoop::After::Idle) {
    connections_.park(id, [&](int socket) { watch(events_, EPOLL_CTL_MOD, socket, kNextBytes, id); });
  } else {
    connections_.remove(id);
  }
  return false;
}

}  // namespace lull::http
