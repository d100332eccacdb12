#include "link.hpp"

#include <lull/brokers/results.hpp>
#include <lull/brokers/wire.hpp>
#include <lull/runtime/log.hpp>
#include <lull/text/printable.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <system_error>

namespace lull::brokers {

using runtime::LogLevel;

Link::Link(LinkParts parts, Broker broker, const ChannelSettings& settings)
    : parts_(std::move(parts)),
      broker_(std::move(broker)),
      settings_(settings),
      backoff_(settings.firstPause, settings.longestPause) {}

void Link::start() {
  threads_.start({protocol().threadName(), [this] { run(); }, [this] { tellToStop(); }});
}

DeliveryPtr Link::add(DeliveryPtr delivery) {
  {
    auto inbox = inbox_.lock();
    if (inbox->closed) return delivery;
    inbox->deliveries.push_back(std::move(delivery));
  }
  wake_->raise();
  return nullptr;
}

void Link::stopStarting() {
  starting_ = false;
  wake_->raise();
}

void Link::tellToStop() {
  stopping_ = true;
  stopStarting();
}

void Link::stop(const runtime::Deadline& patience) {
  tellToStop();
  threads_.stopBy(protocol().threadName(), patience);
  {
    auto socket = openSocket_.lock();  // held until it has been cut, so that the thread does not close it meanwhile
    if (*socket >= 0) shutdown(*socket, SHUT_RDWR);
  }
  threads_.stopAll();
  std::vector<DeliveryPtr> late;
  {
    auto inbox = inbox_.lock();
    inbox->closed = true;
    late.swap(inbox->deliveries);
  }
  for (const auto& delivery : late) delivery->end(stopped(false));
  while (!open_.empty()) {
    const auto delivery = open_.begin()->second;
    end(delivery, stopped(delivery->publishedAt.has_value()));
  }
  held_.clear();
}

void Link::run() {
  blockBrokenPipes();
  while (!stopping_) turn();
  noteSocket(-1);
  if (session_) session_->close();
  session_.reset();
  connecting_.reset();
}

void Link::turn() {
  wait();
  lookAtRegistry();
  keepConnected();
  for (const auto& delivery : std::exchange(inbox_.lock()->deliveries, {})) admit(delivery);
  if (session_) serve();
  if (!starting_) releaseUnpublished();
  expire();
  noteStatus();
}

std::chrono::milliseconds Link::patience() const {
  constexpr Millis kLongest{500};  // heartbeats, and queues that are to be declared
  constexpr Millis kUntilRoom{5};
  if (session_ && session_->hasBuffered()) return Millis{0};
  auto most = session_ && session_->awaitsRoom() ? kUntilRoom : kLongest;
  const auto now = SteadyClock::now();
  const auto limit = [&](SteadyClock::time_point at) {
    most = std::clamp(std::chrono::ceil<Millis>(at - now), Millis{0}, most);
  };
  if (!session_ && !connecting_ && (needed_ || !held_.empty())) limit(nextAttempt_);
  if (!open_.empty()) limit(open_.begin()->first);
  return most;
}

void Link::wait() {
  std::array<pollfd, 2> fds{pollfd{wake_->fd(), POLLIN, 0}, pollfd{-1, POLLIN, 0}};
  if (session_) {
    fds[1].fd = session_->socket();
    if (session_->awaitsWritable()) fds[1].events = POLLIN | POLLOUT;
  }
  poll(fds.data(), fds.size(), static_cast<int>(patience().count()));
  if (fds[0].revents != 0) wake_->clear();
  if (session_ && (fds[1].revents & ~POLLOUT) != 0) session_->heardNow();
}

void Link::admit(const DeliveryPtr& delivery) {
  open_.emplace(delivery->deadline(), delivery);
  if (!starting_) return end(delivery, stopped(false));
  if (session_) {
    if (session_->blocked()) return end(delivery, blockedResult());
    return session_->add(delivery);
  }
  if (connecting_ || SteadyClock::now() >= nextAttempt_) {
    held_.push_back(delivery);
    return;
  }
  end(delivery, away(lastLoss_.sentence, untilNextAttempt(), lastLoss_.failure));
}

void Link::keepConnected() {
  if (session_ || stopping_) return;
  if (connecting_) {
    auto opened = connecting_->take();
    if (!opened) return;
    connecting_.reset();
    if (auto* session = std::get_if<std::unique_ptr<Session>>(&*opened)) return connected(std::move(*session));
    return notConnected(std::get<Loss>(*opened));
  }
  if ((!needed_ && held_.empty()) || SteadyClock::now() < nextAttempt_) return;
  try {
    connecting_ = Connecting::begin(
        protocol().threadName(),
        [protocol = parts_.protocol, broker = broker_,
         times = ConnectionTimes{settings_.connectTimeout, settings_.heartbeat}] {
          return protocol->open(broker, times);
        },
        wake_);
  } catch (const std::system_error&) {
    notConnected(
        {"The broker " + broker_.name + " cannot be connected to: there is no thread for it.", FailureClass::Local});
  }
}

void Link::connected(std::unique_ptr<Session> session) {
  connectedAt_ = SteadyClock::now();
  proven_ = false;
  if (!flaps_) logThere();
  toldBlocked_ = false;
  toldStalled_.clear();
  noteSocket(session->socket());
  session_ = std::move(session);
  session_->begin(settings_.window, [this](const DeliveryPtr& delivery, AttemptResult result) {
    if (result.outcome == Outcome::Delivered) prove();
    end(delivery, std::move(result));
  });
  declaredFor_.reset();
  for (auto& delivery : std::exchange(held_, {})) {
    if (!delivery->ended()) session_->add(std::move(delivery));
  }
}

// A broker that ends each connection after the login is still away: the pauses go on to grow and nothing is told anew.
void Link::prove() {
  if (std::exchange(proven_, true)) return;
  backoff_.reset();
  toldAt_ = {};
  if (std::exchange(flaps_, false)) logThere();
}

void Link::logThere() const {
  runtime::log(LogLevel::Information, parts_.logCategory, "the broker is there",
               {{"broker", broker_.name}, {"host", broker_.host}, {"port", broker_.port}, {"tls", broker_.tls}});
}

void Link::notConnected(const Loss& loss) {
  constexpr std::chrono::minutes kTellAgain{1};
  lastLoss_ = loss;
  const auto now = SteadyClock::now();
  nextAttempt_ = now + backoff_.next();
  const bool begins = toldAt_ == SteadyClock::time_point{};
  if (begins) alert(loss.sentence);
  const bool tells = begins || now - toldAt_ >= kTellAgain;
  if (tells) toldAt_ = now;
  runtime::log(tells ? LogLevel::Warning : LogLevel::Debug, parts_.logCategory,
               "the broker is away: its endpoints wait, nothing is charged",
               {{"broker", broker_.name}, {"error", loss.sentence}, {"nextAttemptMs", untilNextAttempt().count()}});
  parkAll(std::exchange(held_, {}), away(loss.sentence, untilNextAttempt(), loss.failure));
}

void Link::serve() {
  constexpr std::chrono::seconds kProof{10};  // to have been connected for so long, or a confirm
  if (declaredFor_ != lookedAt_) {
    for (const auto& queue : toDeclare_) session_->declare(queue);
    declaredFor_ = lookedAt_;
  }
  session_->step();
  if (session_->lost()) {
    if (stopping_) return;  // stop() has cut it: nobody is to be told, and it ends what is open
    const auto loss = *session_->lost();
    noteSocket(-1);
    flaps_ = !proven_;
    auto waiting = session_->takeWaiting();
    std::ranges::move(session_->takeUnconfirmed(), std::back_inserter(waiting));
    session_.reset();
    notConnected(loss);
    return parkAll(std::move(waiting), away(loss.sentence, untilNextAttempt(), loss.failure));
  }
  if (SteadyClock::now() - connectedAt_ >= kProof) prove();
  noteBlocked();
}

void Link::noteBlocked() {
  if (session_->blocked()) {
    const auto result = blockedResult();
    if (!std::exchange(toldBlocked_, true)) alert(result.sentence);
    parkAll(session_->takeWaiting(), result);
  } else {
    toldBlocked_ = false;
  }
}

void Link::alert(const std::string& sentence) {
  parts_.alerts.raise(
      ports::AlertKind::Broker, broker_.name,
      sentence + " Its endpoints wait, nothing is charged, and they go on by themselves once it is back.");
}

void Link::lookAtRegistry() {
  auto now = parts_.registry.cached();
  if (now == lookedAt_) return;
  needed_ = false;
  toDeclare_.clear();
  for (const auto& [id, endpoint] : now->endpoints) {
    const auto to = destinationOf(endpoint->registration, parts_.kind);
    if (!to || to->broker != broker_.name) continue;
    needed_ = true;
    if (!to->declare.empty()) toDeclare_.insert(to->declare);
  }
  lookedAt_ = std::move(now);
}

void Link::expire() {
  const auto now = SteadyClock::now();
  while (!open_.empty() && open_.begin()->first <= now) expire(DeliveryPtr(open_.begin()->second));
}

// A message that was not confirmed in time may still be: it stays where it is, and what comes is passed over. A broker
// that is there is heard of twice in each heartbeat.
void Link::expire(const DeliveryPtr& delivery) {
  if (!session_) {
    return end(delivery, away("The broker " + broker_.name + " is away: no connection within the time-out.",
                              settings_.longestPause, FailureClass::Timeout));
  }
  if (session_->blocked()) return end(delivery, blockedResult());
  if (const auto why = session_->stalled(*delivery)) {
    if (toldStalled_.insert(*why).second) alert(*why);
    return end(delivery, away(*why, settings_.blockedPause, FailureClass::Timeout));
  }
  if (const auto why = session_->heldBack(*delivery))
    return end(delivery, away(*why, settings_.blockedPause, FailureClass::Timeout));
  if (session_->silentFor(2 * settings_.heartbeat)) {
    return end(delivery, away("The broker " + broker_.name + " is away: it says nothing.", settings_.longestPause,
                              FailureClass::Timeout));
  }
  end(delivery, timedOut(broker_.name, delivery->publishedAt.has_value()));
}

void Link::releaseUnpublished() {
  auto waiting = std::exchange(held_, {});
  if (session_) std::ranges::move(session_->takeWaiting(), std::back_inserter(waiting));
  for (const auto& delivery : waiting) end(delivery, stopped(delivery->publishedAt.has_value()));
}

void Link::parkAll(std::vector<DeliveryPtr> deliveries, const AttemptResult& result) {
  for (const auto& delivery : deliveries) end(delivery, result);
}

void Link::end(const DeliveryPtr& delivery, AttemptResult result) {
  if (result.outcome == Outcome::Delivered) ++confirmed_;
  open_.erase({delivery->deadline(), delivery});
  delivery->end(std::move(result));
}

Millis Link::untilNextAttempt() const {
  constexpr Millis kThenConnected{200};  // so that the endpoint finds a connection, and not the attempt for one
  const auto left = std::chrono::ceil<Millis>(nextAttempt_ - SteadyClock::now());
  return std::max(left, Millis{0}) + kThenConnected;
}

AttemptResult Link::blockedResult() const {
  return away("The broker " + broker_.name + " takes no messages at present (" +
                  text::printable(session_->blocked().value_or("")) + ").",
              settings_.blockedPause, FailureClass::Timeout);
}

void Link::noteSocket(int socket) {
  auto own = openSocket_.lock();
  if (*own >= 0) close(*own);
  *own = socket < 0 ? -1 : fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

}  // namespace lull::brokers
