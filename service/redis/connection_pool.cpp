#include "connect.hpp"

#include <lull/redis/connection_pool.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

Error stoppedError() {
  return {ErrorCode::Unavailable, "Lull is stopping."};
}

}  // namespace

ConnectionPool::ConnectionPool(PoolSettings settings, Handshake handshake)
    : settings_(std::move(settings)), handshake_(std::move(handshake)) {
  idle_.reserve(settings_.size);  // so that giving back never allocates
  used_.reserve(settings_.size);
}

ConnectionPool::~ConnectionPool() {
  stop();
}

Result<ConnectionPool::Borrowed> ConnectionPool::borrow() {
  const auto giveUp = SteadyClock::now() + settings_.patience;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopped_) return stoppedError();
    if (auto idle = takeIdle()) {
      ++taken_;
      used_.push_back(idle->connection.get());
      return Borrowed(*this, std::move(idle->connection), idle->age);
    }
    if (failure_ && (probing_ || SteadyClock::now() < retryAt_)) return *failure_;
    if (taken_ < settings_.size) return open(lock);
    if (changed_.wait_until(lock, giveUp) == std::cv_status::timeout && taken_ >= settings_.size && idle_.empty()) {
      return Error{ErrorCode::Unavailable, "All " + std::to_string(settings_.size) +
                                               " connections to Redis are in use: Redis is slower than what is asked "
                                               "of it. Try again."};
    }
  }
}

void ConnectionPool::stop() {
  std::vector<Idle> closing;
  {
    std::lock_guard guard(mutex_);
    stopped_ = true;
    closing.swap(idle_);
    for (auto* const connection : used_) connection->interrupt();
  }
  changed_.notify_all();
}

// Takes the connection that was used last, so that those which a quiet time does not need stay unused; dead ones are
// closed on the way.
std::optional<ConnectionPool::Idle> ConnectionPool::takeIdle() {
  while (!idle_.empty()) {
    Idle idle = std::move(idle_.back());
    idle_.pop_back();
    if (idle.connection->usable()) return idle;
  }
  return std::nullopt;
}

// Connects without the lock, because connecting may take as long as the time-out. Once it has connected, stop() can
// interrupt it.
Result<ConnectionPool::Borrowed> ConnectionPool::open(std::unique_lock<std::mutex>& lock) {
  ++taken_;
  const bool probe = failure_.has_value();
  if (probe) probing_ = true;
  const std::uint64_t age = age_;
  lock.unlock();
  auto opened = connectOnly(settings_.address, settings_.timeout);
  lock.lock();
  Status ready = opened ? Status(Done{}) : Status(opened.error());
  if (opened && stopped_) ready = stoppedError();
  if (ready) {
    used_.push_back(opened->get());
    lock.unlock();
    ready = logIn(**opened, settings_.address);
    // Every later caller may try again, whatever the reason was: an operator may correct it meanwhile.
    if (!ready) ready = Error{ErrorCode::Unavailable, ready.error().message};
    if (ready) ready = handshake_(**opened);
    lock.lock();
  }
  if (probe) probing_ = false;
  if (ready) {
    failure_.reset();
    delay_ = Millis{0};
    changed_.notify_all();
    if (!stopped_) return Borrowed(*this, std::move(*opened), age);
    ready = stoppedError();
  } else {
    noteFailure(ready.error());
  }
  --taken_;
  if (opened) std::erase(used_, opened->get());
  changed_.notify_all();
  return std::move(ready).error();
}

void ConnectionPool::noteFailure(const Error& error) {
  const bool counted = failure_ && SteadyClock::now() < retryAt_;  // several callers failed on the same outage at once
  failure_ = error;
  if (counted) return;
  delay_ = std::clamp(delay_ * 2, settings_.firstRetryDelay, settings_.longestRetryDelay);
  // Half of the delay is drawn, so that many replicas do not return to a recovered Redis all at once.
  std::uniform_int_distribution<Millis::rep> draw(delay_.count() / 2, delay_.count());
  retryAt_ = SteadyClock::now() + Millis{draw(random_)};
}

void ConnectionPool::giveBack(std::unique_ptr<Connection> connection, std::uint64_t age) noexcept {
  std::vector<Idle> closing;  // closed after the lock is released
  {
    std::lock_guard guard(mutex_);
    --taken_;
    std::erase(used_, connection.get());
    if (!connection->usable()) {
      // The cause, such as a restarted server or a cut network, has most likely broken the idle connections, too.
      if (age == age_) {
        ++age_;
        closing.swap(idle_);
      }
    } else if (age == age_ && !stopped_) {
      idle_.push_back({std::move(connection), age});
    }
  }
  changed_.notify_one();
}

}  // namespace lull::redis
