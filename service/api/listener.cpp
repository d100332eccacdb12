#include "listener.hpp"

#include "elastic_pool.hpp"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <variant>

namespace lull::api {

namespace {

constexpr std::size_t kMaxConnections = 512;
constexpr int kBacklog = 1024;
// Replies up to here are sent whatever the budget says: the receipt of a publication must not be lost, and all
// connections together cannot hold much of them.
constexpr std::size_t kSmallReply = std::size_t{64} * 1024;

std::string addressText(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Error bindError(const std::string& host, std::uint16_t port, int reason) {
  std::string message = "Cannot listen on http://" + addressText(host, port) + ": ";
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

/// The body of the request that the connection is at.
class ConnectionBody final : public BodySource {
 public:
  ConnectionBody(Connection& connection, const MessageHead& head, const ListenerLimits& limits)
      : connection_(connection), head_(head), cap_(limits.maxBodyBytes), share_(limits.bodies) {}

  BodyState read(std::string& out) override {
    state_ = connection_.readBody(head_, {cap_, share_, out});
    return *state_;
  }
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
  std::optional<BodyState> state_;
};

}  // namespace

Listener::Listener(RequestHandler& handler, ListenerLimits limits) : handler_(handler), limits_(limits) {
  new_task_queue = [this] {
    return new ElasticPool(kMaxConnections, duties_.waiting,
                           {[this] { handler_.noThread(); },
                            [this](const std::function<void()>& task) {
                              turningAway_ = true;
                              task();
                              turningAway_ = false;
                            }});
  };
  set_tcp_nodelay(true);
  set_socket_options([this](socket_t socket) {
    // Not SO_REUSEPORT, httplib's default: with it a second instance would share the port silently.
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    listening_ = socket;
  });
}

Listener::~Listener() {
  stop();
}

Result<std::uint16_t> Listener::bind(const std::string& host, std::uint16_t port) {
  errno = 0;
  const int bound = port == 0 ? bind_to_any_port(host) : (bind_to_port(host, port) ? port : -1);
  const int reason = errno;
  if (bound <= 0) return bindError(host, port, reason);
  // httplib listens with a backlog of 5; asking again changes it.
  ::listen(listening_, kBacklog);
  return static_cast<std::uint16_t>(bound);
}

void Listener::serve() {
  std::promise<void> end;
  ended_ = end.get_future();
  thread_ = std::thread([this, end = std::move(end)]() mutable {
    pthread_setname_np(pthread_self(), "lull-accept");
    accepting_ = std::this_thread::get_id();
    listen_after_bind();
    end.set_value();
  });
  // stop() does nothing before httplib's loop runs, so a server that is stopped at once would never end.
  while (!is_running()) std::this_thread::yield();
}

void Listener::stopIntake() {
  duties_.stopping = true;
  connections_.stopReading();
  httplib::Server::stop();
}

bool Listener::awaitReplies(std::chrono::steady_clock::time_point until) {
  return !thread_.joinable() || ended_.wait_until(until) == std::future_status::ready;
}

void Listener::stop() {
  stopIntake();
  if (!thread_.joinable()) return;
  connections_.cut();
  thread_.join();
}

bool Listener::process_and_close_socket(socket_t socket) {
  // A task that the pool could not give to a thread is run by the accepting one, only to be turned away.
  if (std::this_thread::get_id() == accepting_ && turningAway_) {
    turnAway(socket);
    return true;
  }
  const auto handle = connections_.add(socket);
  Connection connection(socket, ConnectionTimes{}, duties_);
  try {
    while (serveOne(connection)) {
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // There was no memory for its bytes: this connection ends, not the process.
  }
  connections_.remove(handle);
  return true;
}

bool Listener::serveOne(Connection& connection) {
  const auto state = connection.awaitHead(!duties_.stopping);
  switch (state) {
    case HeadState::Closed:
      return false;
    case HeadState::TooLarge:
      refuse(connection, {431, "The request head is larger than 32 KiB."});
      return false;
    case HeadState::TooSlow:
      refuse(connection, {408, "The request head did not arrive in time."});
      return false;
    case HeadState::Complete:
      break;
  }
  const auto parsed = parseHead(connection.head());
  if (const auto* fault = std::get_if<HeadFault>(&parsed)) {
    refuse(connection, *fault);
    return false;
  }
  return answer(connection, std::get<MessageHead>(parsed));
}

bool Listener::answer(Connection& connection, const MessageHead& head) {
  ConnectionBody body(connection, head, limits_);
  auto reply = handler_.handle(head, body);
  body.forget();
  MemoryBudget::Share held(limits_.replies);
  if (reply.body.size() > kSmallReply && !held.grow(reply.body.size())) reply = handler_.tooMuch();
  if (body.clientGone()) return false;
  const bool keepAlive = head.keepAlive && body.consumed() && !duties_.stopping;
  const auto content = head.method == "HEAD" ? std::string_view{} : reply.content();
  if (!connection.send(headOf(reply, keepAlive), content)) return false;
  if (!body.consumed()) connection.linger();
  return keepAlive;
}

/// Blocks for nothing: all new connections wait for this thread.
void Listener::turnAway(socket_t socket) {
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

void Listener::refuse(Connection& connection, const HeadFault& fault) {
  const auto reply = handler_.refuse(fault);
  if (connection.send(headOf(reply, false), reply.content())) connection.linger();
}

}  // namespace lull::api
