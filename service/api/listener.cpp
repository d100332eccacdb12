#include "listener.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

namespace lull::api {

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
// Replies up to here are sent whatever the budget says: the receipt of a publication must not be lost, and all
// connections together cannot hold much of them.
constexpr std::size_t kSmallReply = std::size_t{64} * 1024;

// What an event of epoll is about: a connection by its id, or this.
constexpr std::uint64_t kWake = ~std::uint64_t{0};
// What may wait between accepting and admitting. Beyond, connections wait in the backlog of their address.
constexpr std::size_t kMostAccepted = 64;

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

/// The request that the connection is at.
class ConnectionSource final : public RequestSource {
 public:
  ConnectionSource(Connection& connection, const MessageHead& head, const ListenerLimits& limits,
                   std::function<void()> vouch)
      : connection_(connection),
        head_(head),
        cap_(limits.maxBodyBytes),
        share_(limits.bodies),
        vouch_(std::move(vouch)) {}

  BodyState read(std::string& out) override {
    state_ = connection_.readBody(head_, {cap_, share_, out});
    return *state_;
  }
  void vouch() override { vouch_(); }
  /// The request was handled and its body is gone.
  void forget() { share_.release(); }
  /// Whether the next request begins where the connection stands.
  bool consumed() const { return head_.framing == Framing::None || (state_ && *state_ == BodyState::Complete); }
  bool clientGone() const { return state_ && *state_ == BodyState::Closed; }

 private:
  Connection& connection_;
  const MessageHead& head_;
  const std::size_t cap_;
  MemoryBudget::Share share_;
  const std::function<void()> vouch_;
  std::optional<BodyState> state_;
};

}  // namespace

Listener::Listener(RequestHandler& handler, ListenerLimits limits)
    : handler_(handler),
      limits_(limits),
      connections_(limits.maxConnections, stopping_),
      workers_(kMaxThreads, [this] { handler_.noThread(); }),
      events_(descriptorOr(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ >= 0 && watch(events_, EPOLL_CTL_ADD, wake_, EPOLLIN, kWake)) return;
  const int reason = errno;
  ::close(events_);
  if (wake_ >= 0) ::close(wake_);
  throw std::system_error(reason, std::generic_category(), "eventfd");
}

Listener::~Listener() {
  stop();
  ::close(events_);
  ::close(wake_);
}

Result<std::uint16_t> Listener::bind(const std::string& host, std::uint16_t port) {
  auto acceptor = std::make_unique<Acceptor>([this](int socket) { accepted(socket); });
  auto bound = acceptor->bind(host, port);
  if (bound) acceptors_.push_back(std::move(acceptor));
  return bound;
}

void Listener::serve() {
  std::promise<void> end;
  ended_ = end.get_future();
  thread_ = std::thread([this, end = std::move(end)]() mutable {
    pthread_setname_np(pthread_self(), "lull-watch");
    run();
    end.set_value();
  });
  for (const auto& acceptor : acceptors_) {
    accepting_.emplace_back([&acceptor] {
      pthread_setname_np(pthread_self(), "lull-accept");
      acceptor->run();
    });
  }
}

void Listener::stopIntake() {
  if (stopping_.exchange(true)) return;
  // Nobody is let in any more, and whoever waits in the backlog is told so by a reset.
  for (const auto& acceptor : acceptors_) acceptor->stop();
  closeInbox();
  connections_.shut(SHUT_RD);
  wake();
}

bool Listener::awaitReplies(std::chrono::steady_clock::time_point until) {
  return !thread_.joinable() || ended_.wait_until(until) == std::future_status::ready;
}

void Listener::stop() {
  stopIntake();
  for (auto& thread : accepting_) thread.join();
  accepting_.clear();
  if (!thread_.joinable()) return;
  connections_.shut(SHUT_RDWR);
  wake();
  thread_.join();
}

void Listener::wake() const {
  ::eventfd_write(wake_, 1);
}

// --- the accepting threads ---

void Listener::accepted(int socket) {
  {
    std::unique_lock guard(mutex_);
    room_.wait(guard, [this] { return inbox_.closed || inbox_.sockets.size() < kMostAccepted; });
    if (inbox_.closed) {
      ::close(socket);
      return;
    }
    inbox_.sockets.push_back(socket);
  }
  wake();
}

void Listener::closeInbox() {
  {
    const std::lock_guard guard(mutex_);
    inbox_.closed = true;
    for (const int socket : std::exchange(inbox_.sockets, {})) ::close(socket);
  }
  room_.notify_all();
}

// --- the watching thread ---

void Listener::run() {
  while (!stopping_ || connections_.size() > 0) {
    const auto waiting = workers_.waiting();
    if (waiting > 0) connections_.relieve(waiting);
    look(waiting > 0 ? kSoon : kLater);
    if (stopping_) {
      dismissIdle();
    } else {
      connections_.closeIdleSince(steady_clock::now() - kIdleLife);
    }
  }
  workers_.shutdown();
}

void Listener::look(milliseconds patience) {
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
  if (woken) admitAccepted();  // who is here already goes first
}

void Listener::admitAccepted() {
  std::vector<int> sockets;
  {
    const std::lock_guard guard(mutex_);
    sockets.swap(inbox_.sockets);
  }
  room_.notify_all();
  for (const int socket : sockets) admit(socket);
}

void Listener::admit(int socket) {
  sockaddr_storage from{};
  socklen_t length = sizeof(from);
  ::getpeername(socket, reinterpret_cast<sockaddr*>(&from), &length);
  const auto id = connections_.admit(socket, clientOf(from));
  if (!id) {
    turnAway(socket);
  } else if (!watch(events_, EPOLL_CTL_ADD, socket, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, *id)) {
    connections_.remove(*id);
  }
}

/// Blocks for nothing: all new connections wait for this thread.
void Listener::turnAway(int socket) {
  constexpr std::size_t kMostDrained = 16384;
  const auto reply = handler_.overloaded();
  const auto text = headOf(reply, false) + std::string(reply.content());
  (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(socket, SHUT_WR);
  // Closing with unread bytes resets the connection, and the reply would be lost.
  std::array<char, kMostDrained> unread;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv() fills it
  (void)::recv(socket, unread.data(), unread.size(), MSG_DONTWAIT);
  ::close(socket);
}

void Listener::hand(Id id) {
  const auto taken = connections_.take(id);
  if (taken.connection == nullptr) return;  // closed since the event came
  auto& connection = *taken.connection;
  if (workers_.submit([this, id, &connection] { serveConnection(id, connection); }, taken.known)) return;
  const int socket = ::dup(connection.socket());
  connections_.remove(id);
  if (socket >= 0) turnAway(socket);
}

/// The server stops: what has arrived is still read, and a request that is whole gets its reply.
void Listener::dismissIdle() {
  for (const auto id : connections_.dismissIdle()) hand(id);
}

// --- the threads of the pool ---

void Listener::serveConnection(Id id, Connection& connection) {
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
bool Listener::serveOne(Id id, Connection& connection) {
  const bool needed = stopping_ || workers_.waiting() > 0;
  const auto state = connection.awaitHead(needed ? milliseconds{0} : kStay);
  switch (state) {
    case HeadState::Quiet:
      if (stopping_ || connection.hurried()) break;
      connections_.park(
          id, [&](int socket) { watch(events_, EPOLL_CTL_MOD, socket, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, id); });
      return false;
    case HeadState::Closed:
      break;
    case HeadState::TooLarge:
      refuse(connection, {431, "The request head is larger than 32 KiB."});
      break;
    case HeadState::TooSlow:
      refuse(connection, {408, "The request head did not arrive in time."});
      break;
    case HeadState::Complete:
      const auto parsed = parseHead(connection.head());
      if (const auto* fault = std::get_if<HeadFault>(&parsed)) {
        refuse(connection, *fault);
        break;
      }
      if (answer(id, connection, std::get<MessageHead>(parsed))) return true;
  }
  connections_.remove(id);
  return false;
}

bool Listener::answer(Id id, Connection& connection, const MessageHead& head) {
  ConnectionSource source(connection, head, limits_, [this, id] { connections_.vouch(id); });
  auto reply = handler_.handle(head, source);
  source.forget();
  MemoryBudget::Share held(limits_.replies);
  if (reply.body.size() > kSmallReply && !held.grow(reply.body.size())) reply = handler_.tooMuch();
  if (source.clientGone()) return false;
  const bool keepAlive = head.keepAlive && source.consumed() && !stopping_ && !connection.hurried();
  const auto content = head.method == "HEAD" ? std::string_view{} : reply.content();
  if (!connection.send(headOf(reply, keepAlive), content)) return false;
  if (!source.consumed()) connection.linger();
  return keepAlive;
}

void Listener::refuse(Connection& connection, const HeadFault& fault) {
  const auto reply = handler_.refuse(fault);
  if (connection.send(headOf(reply, false), reply.content())) connection.linger();
}

}  // namespace lull::api
