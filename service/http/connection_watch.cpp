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
// How long a thread stays with its connection, so that a client that calls again at once need not be watched in
// between.
constexpr milliseconds kStay{100};
// How often slow clients are looked for while connections wait for a thread.
constexpr milliseconds kSoon{50};
constexpr milliseconds kLater{1000};

// The subject of an event of epoll: the id of a connection, or this for the wake-up.
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
// Without EPOLLIN: what a client sends while it waits stays unread. A broken connection is always told of.
constexpr std::uint32_t kBroken = EPOLLONESHOT;
constexpr std::uint32_t kHangUp = EPOLLRDHUP | EPOLLONESHOT;
// Between so many answers the watching thread looks after the other connections.
constexpr std::size_t kAnswersAtOnce = 64;

}  // namespace

ConnectionWatch::ConnectionWatch(RequestHandler& handler, const ListenerLimits& limits,
                                 const std::atomic<bool>& stopping)
    : handler_(handler),
      stopping_(stopping),
      requests_(handler, limits, stopping),
      connections_(limits.maxConnections, stopping, limits.maxWaiting),
      workers_(kMaxThreads, [this] { handler_.noThread(); }),
      events_(descriptorOr(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      answers_(std::make_shared<LateAnswers>(wake_)) {
  if (wake_ >= 0 && watch(events_, EPOLL_CTL_ADD, wake_, EPOLLIN, kWake)) return;
  const int reason = errno;
  ::close(events_);
  if (wake_ >= 0) ::close(wake_);
  throw std::system_error(reason, std::generic_category(), "eventfd");
}

ConnectionWatch::~ConnectionWatch() {
  answers_->close();
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
    look(answers_->empty() ? (waiting > 0 ? kSoon : kLater) : milliseconds{0});
    sendAnswers();
    if (stopping_) {
      // Bytes that have arrived are still read, and a request that is complete gets its response.
      for (const auto id : connections_.dismissIdle()) hand(id);
      for (const auto& unanswered : connections_.dismissWaiting()) unanswered->gone();
    } else {
      connections_.closeIdleSince(steady_clock::now() - kIdleLife);
    }
  }
  workers_.shutdown();
  answers_->close();
}

void ConnectionWatch::look(milliseconds patience) {
  constexpr int kMostEvents = 256;
  std::array<epoll_event, kMostEvents> events{};
  const int count = ::epoll_wait(events_, events.data(), kMostEvents, static_cast<int>(patience.count()));
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    const auto& event = events.at(static_cast<std::size_t>(i));
    if (event.data.u64 == kWake) {
      eventfd_t times = 0;
      ::eventfd_read(wake_, &times);
      woken = true;
    } else {
      noticed(event.data.u64, event.events);
    }
  }
  if (!woken) return;
  // Connections that are admitted already are served first.
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

/// Never blocks, because all new connections wait for this thread.
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

void ConnectionWatch::noticed(Id id, std::uint32_t what) {
  if ((what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    if (const auto waiting = connections_.hungUp(id, (what & (EPOLLHUP | EPOLLERR)) != 0)) return waiting->gone();
  }
  hand(id);
}

void ConnectionWatch::hand(Id id) {
  const auto taken = connections_.take(id);
  if (taken.connection == nullptr) return;  // closed since the event came, or it waits for an answer
  auto& connection = *taken.connection;
  if (workers_.submit([this, id, &connection] { serveConnection(id, connection); }, taken.known)) return;
  const int socket = ::dup(connection.socket());
  connections_.remove(id);
  if (socket >= 0) turnAway(socket);
}

void ConnectionWatch::sendAnswers() {
  for (auto& answer : answers_->take(kAnswersAtOnce)) send(std::move(answer));
}

/// Never blocks: what the client does not take at once is left to a thread of the pool.
void ConnectionWatch::send(LateAnswers::Answer answer) {
  const auto id = answer.wait->connection();
  const auto answered = connections_.answered(*answer.wait);
  if (!answered) return;
  auto& connection = *answered->connection;
  auto terms = answered->terms;
  if (answered->crowded) terms.keepAlive = false;
  auto prompt = requests_.replyNow(connection, terms, answer.response);
  if (!prompt) {
    return occupy(id, connection, [this, &connection, terms, response = std::move(answer.response)] {
      return requests_.reply(connection, terms, response);
    });
  }
  const bool sent = prompt->unsent.empty() && !prompt->linger;
  if (prompt->lost || (sent && !prompt->keepAlive)) return connections_.remove(id);
  if (sent && !connection.holdsBytes()) return rest(id);
  occupy(id, connection,
         [&connection, prompt = *std::move(prompt)] { return RequestLoop::finish(connection, prompt); });
}

/// Has a thread do the rest of an answer, and then serve the connection.
void ConnectionWatch::occupy(Id id, ClientConnection& connection, std::function<RequestLoop::After()> rest) {
  auto task = [this, id, &connection, rest = std::move(rest)] { serveConnection(id, connection, rest); };
  if (!workers_.submit(std::move(task), true)) connections_.remove(id);
}

// --- any thread ---

/// The connection waits for the next request of its client.
void ConnectionWatch::rest(Id id) {
  connections_.park(id, [&](int socket) { watch(events_, EPOLL_CTL_MOD, socket, kNextBytes, id); });
}

// --- the threads of the pool ---

class ConnectionWatch::Owner final : public RequestLoop::Owner {
 public:
  Owner(ConnectionWatch& watch, Id id) : watch_(watch), id_(id) {}
  void vouch() override { watch_.connections_.vouch(id_); }
  bool letWait(Unanswered unanswered) override { return watch_.letWait(id_, std::move(unanswered)); }

 private:
  ConnectionWatch& watch_;
  const Id id_;
};

/// `first` is what has to be done before the next request is read.
void ConnectionWatch::serveConnection(Id id, ClientConnection& connection,
                                      const std::function<RequestLoop::After()>& first) {
  try {
    bool more = !first || goesOn(id, first());
    while (more) more = serveOne(id, connection);
  } catch (const std::exception&) {
    // There was no memory for its bytes: this connection ends, not the process.
    connections_.remove(id);
  }
  if (stopping_) wake();
}

bool ConnectionWatch::serveOne(Id id, ClientConnection& connection) {
  const bool needed = stopping_ || workers_.waiting() > 0;
  Owner owner(*this, id);
  return goesOn(id, requests_.serveOne(connection, needed ? milliseconds{0} : kStay, owner));
}

/// False when the connection is no longer this thread's: it has ended, is idle, or waits for an answer.
bool ConnectionWatch::goesOn(Id id, RequestLoop::After after) {
  if (after == RequestLoop::After::Idle) rest(id);
  if (after == RequestLoop::After::Ended) connections_.remove(id);
  return after == RequestLoop::After::Next;
}

bool ConnectionWatch::letWait(Id id, Unanswered unanswered) {
  const auto waiting = unanswered.waiting;
  const auto wait = connections_.letWait(id, std::move(unanswered));
  if (!wait) return false;
  std::shared_ptr<Waiting> gone;
  try {
    waiting->begin([answers = answers_, wait](Response response) { answers->put(wait, std::move(response)); });
    gone = connections_.begun(*wait, [&](int socket, bool tellsItsEnd) {
      watch(events_, EPOLL_CTL_MOD, socket, tellsItsEnd ? kHangUp : kBroken, id);
    });
  } catch (const std::exception&) {
    gone = connections_.giveUp(*wait);
  }
  if (gone) gone->gone();
  return true;
}

}  // namespace lull::http
