#include "consumption.hpp"

#include <lull/brokers/connecting.hpp>
#include <lull/brokers/wire.hpp>
#include <lull/rabbit/rabbit_queue.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/wake_fd.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <system_error>
#include <utility>
#include <variant>

namespace lull::rabbit {

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kHeartbeatLook{500};
// For the broker to read the last acknowledgements. A socket that is closed with something unread may lose them.
constexpr milliseconds kGoodbye{1000};

}  // namespace

class RabbitQueue::Impl {
 public:
  explicit Impl(RabbitQueueSettings settings) : settings_(std::move(settings)) {}
  ~Impl() { drop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::vector<ports::QueueMessage>> take(std::size_t most) {
    if (!consumption_) {
      if (auto connected = connect(); !connected) return std::move(connected).error();
      if (!consumption_) return std::vector<ports::QueueMessage>{};
    }
    consumption_->step();
    if (consumption_->failure()) return lost();
    return consumption_->take(most);
  }

  bool connected() const { return consumption_ && !consumption_->failure(); }
  bool empty() const { return connected() && consumption_->empty(); }

  Status acknowledge(const std::vector<std::uint64_t>& done) {
    if (!consumption_) return ended();
    consumption_->acknowledge(done);
    consumption_->step();
    if (consumption_->failure()) return lost();
    return Done{};
  }

  Result<ports::SetAside> setAside(const std::vector<ports::RefusedMessage>& refused) {
    if (!consumption_) return ended();
    consumption_->setAside(refused);
    const auto until = SteadyClock::now() + settings_.patience;
    do {
      consumption_->step();
      if (consumption_->failure()) return lost();
      if (consumption_->settled()) break;
      if (cancelled_ || SteadyClock::now() >= until) consumption_->giveUpAside();
      listen(std::min<SteadyClock::duration>(until - SteadyClock::now(), kHeartbeatLook));
    } while (!consumption_->settled());
    return consumption_->takeSetAside();
  }

  void leave() {
    connecting_.reset();
    if (!consumption_) return;
    consumption_->close();
    const auto until = SteadyClock::now() + kGoodbye;
    while (!cancelled_ && !consumption_->closed() && SteadyClock::now() < until) {
      consumption_->passOver();
      if (!consumption_->closed()) listen(until - SteadyClock::now());
    }
    drop();
  }

  void wait(std::chrono::nanoseconds most) {
    listen(connected() ? std::min<std::chrono::nanoseconds>(most, kHeartbeatLook) : most);
    if (connected()) consumption_->step();
  }

  void wake() { wake_->raise(); }

  void cancel() {
    cancelled_ = true;
    wake_->raise();
    auto socket = openSocket_.lock();  // held until it has been cut, so that the thread does not close it meanwhile
    if (*socket >= 0) shutdown(*socket, SHUT_RDWR);
  }

 private:
  using Attempt = brokers::Connecting<Connection::Opened>;

  /// Waits for the broker, or for a wake-up.
  void listen(std::chrono::nanoseconds most) {
    std::array<pollfd, 2> fds{pollfd{wake_->fd(), POLLIN, 0}, pollfd{-1, POLLIN, 0}};
    const bool reads = connected();
    if (reads) fds[1].fd = consumption_->socket();
    const bool buffered = reads && consumption_->hasBuffered();
    const auto patience = std::clamp<std::chrono::nanoseconds>(most, milliseconds{0}, std::chrono::hours{1});
    poll(fds.data(), fds.size(), buffered ? 0 : static_cast<int>(std::chrono::ceil<milliseconds>(patience).count()));
    if (fds[0].revents != 0) wake_->clear();
  }

  Status connect() {
    if (cancelled_) return Done{};
    if (!connecting_) return beginToConnect();
    auto opened = connecting_->take();
    if (!opened) return Done{};
    connecting_.reset();
    if (auto* loss = std::get_if<Loss>(&*opened)) return Error{ErrorCode::Unavailable, loss->sentence};
    auto connection = std::get<std::unique_ptr<Connection>>(*std::move(opened));
    *openSocket_.lock() = fcntl(connection->socket(), F_DUPFD_CLOEXEC, 0);
    consumption_ = std::make_unique<Consumption>(settings_, std::move(connection));
    return Done{};
  }

  Status beginToConnect() {
    brokers::blockBrokenPipes();
    try {
      connecting_ = Attempt::begin(
          "source", [broker = settings_.broker, times = settings_.times] { return Connection::open(broker, times); },
          wake_);
    } catch (const std::system_error&) {
      return Error{ErrorCode::Unavailable,
                   "The broker " + settings_.broker.name + " cannot be connected to: there is no thread for it."};
    }
    return Done{};
  }

  static Error ended() { return {ErrorCode::Unavailable, "The connection has ended."}; }

  Error lost() {
    auto sentence = consumption_->failure().value();
    consumption_->close();
    drop();
    return {ErrorCode::Unavailable, std::move(sentence)};
  }

  void drop() {
    consumption_.reset();
    auto own = openSocket_.lock();
    if (*own >= 0) close(*own);
    *own = -1;
  }

  const RabbitQueueSettings settings_;
  const std::shared_ptr<runtime::WakeFd> wake_ = std::make_shared<runtime::WakeFd>();
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<Attempt> connecting_;
  std::unique_ptr<Consumption> consumption_;
  runtime::Guarded<int> openSocket_{-1};  // a duplicate of the connection's, for cancel()
};

RabbitQueue::RabbitQueue(RabbitQueueSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
RabbitQueue::~RabbitQueue() = default;

Result<std::vector<ports::QueueMessage>> RabbitQueue::take(std::size_t most) {
  return impl_->take(most);
}
bool RabbitQueue::connected() const {
  return impl_->connected();
}
bool RabbitQueue::empty() const {
  return impl_->empty();
}
Status RabbitQueue::acknowledge(const std::vector<std::uint64_t>& done) {
  return impl_->acknowledge(done);
}
Result<ports::SetAside> RabbitQueue::setAside(const std::vector<ports::RefusedMessage>& refused) {
  return impl_->setAside(refused);
}
void RabbitQueue::leave() {
  impl_->leave();
}
void RabbitQueue::wait(std::chrono::nanoseconds most) {
  impl_->wait(most);
}
void RabbitQueue::wake() {
  impl_->wake();
}
void RabbitQueue::cancel() {
  impl_->cancel();
}

}  // namespace lull::rabbit
