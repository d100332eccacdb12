#pragma once

#include <lull/redis/connection.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace lull::redis {

struct PoolSettings {
  Address address;
  std::size_t size = 16;  ///< most connections at once
  /// For connecting, and for each answer. A request may wait for both and must be answered with 503 within 10 s.
  Millis timeout{4000};
  Millis patience{2000};           ///< how long borrow() waits while all connections are in use
  Millis firstRetryDelay{50};      ///< after a failed attempt to connect; doubles, with jitter,
  Millis longestRetryDelay{2000};  ///< up to this
};

/// Lends connections to one Redis, opens them on demand and reconnects by itself. Thread-safe. While Redis is away
/// callers do not wait: one of them tries to connect, at the pace of a back-off with jitter, and all others get the
/// last error at once. It outlives every Borrowed.
class ConnectionPool {
 public:
  /// Runs on every new connection before anyone gets it; when it fails the connection is closed and its error returned.
  /// Called without the pool's lock, possibly from several threads at once.
  using Handshake = std::function<Status(Connection&)>;

  /// The right to use one connection. Its destructor returns the connection, or drops it when it can no longer be used.
  class Borrowed {
   public:
    Borrowed(Borrowed&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)), age_(other.age_) {}
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (pool_ != nullptr) pool_->giveBack(std::move(connection_), age_);
    }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class ConnectionPool;
    Borrowed(ConnectionPool& pool, std::unique_ptr<Connection> connection, std::uint64_t age)
        : pool_(&pool), connection_(std::move(connection)), age_(age) {}
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
    std::uint64_t age_;
  };

  ConnectionPool(PoolSettings settings, Handshake handshake);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// Unavailable when Redis is away, when no connection becomes free in time, or when the pool was stopped.
  Result<Borrowed> borrow();

  /// Makes waiting and later callers get Unavailable, closes idle connections, and interrupts borrowed ones: whether
  /// Redis did their last commands is then unknown. A caller that is just connecting still waits for that, for at most
  /// `timeout`. Safe to call more than once.
  void stop();

 private:
  using SteadyClock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<Connection> connection;
    std::uint64_t age;
  };

  std::optional<Idle> takeIdle();
  Result<Borrowed> open(std::unique_lock<std::mutex>& lock);
  void noteFailure(const Error& error);
  void giveBack(std::unique_ptr<Connection> connection, std::uint64_t age) noexcept;

  const PoolSettings settings_;
  const Handshake handshake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All below: protected by mutex_.
  std::vector<Idle> idle_;         // the one used last at the back
  std::vector<Connection*> used_;  // borrowed, or in their handshake
  std::size_t taken_ = 0;          // borrowed or being opened
  std::uint64_t age_ = 0;          // grows whenever a connection breaks; older idle ones are not borrowed again
  bool stopped_ = false;
  bool probing_ = false;             // true while one caller tries to connect to a Redis that was away
  std::optional<Error> failure_;     // of the last attempt to connect, until one succeeds
  SteadyClock::time_point retryAt_;  // meaningful while failure_ is set
  Millis delay_{0};                  // the back-off's current step
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace lull::redis
