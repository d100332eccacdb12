#pragma once

#include "wire_asio.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace lull::net {

/// Any number of timers that share one alarm of the event loop, so that starting or cancelling one costs a system call
/// only when it is the next one. Belongs to the loop's thread.
class WireTimers {
 public:
  using Task = std::function<void()>;

  explicit WireTimers(WireContext& context) : alarm_(context.get_executor()) {}

  /// One timer, cancelled when the handle goes. The timers outlive it.
  class Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept : timers_(std::exchange(other.timers_, nullptr)), key_(other.key_) {}
    Handle& operator=(Handle&& other) noexcept {
      cancel();
      timers_ = std::exchange(other.timers_, nullptr);
      key_ = other.key_;
      return *this;
    }
    ~Handle() { cancel(); }
    void cancel() {
      if (auto* timers = std::exchange(timers_, nullptr)) timers->tasks_.erase(key_);
    }

   private:
    friend class WireTimers;
    Handle(WireTimers& timers, std::pair<WireTime, std::uint64_t> key) : timers_(&timers), key_(key) {}

    WireTimers* timers_ = nullptr;
    std::pair<WireTime, std::uint64_t> key_;
  };

  /// Runs the task on the loop's thread at `when`, or soon after.
  [[nodiscard]] Handle at(WireTime when, Task task) {
    const std::pair key{when, ++count_};
    tasks_.emplace(key, std::move(task));
    if (!armedFor_ || when < *armedFor_) arm(when);
    return Handle(*this, key);
  }

 private:
  void arm(WireTime when) {
    armedFor_ = when;
    alarm_.expires_at(when);
    alarm_.async_wait([this](const WireError& error) {
      if (!error) ring();
    });
  }

  void ring() {
    armedFor_.reset();
    const auto now = std::chrono::steady_clock::now();
    while (!tasks_.empty() && tasks_.begin()->first.first <= now) {
      const auto due = tasks_.extract(tasks_.begin());
      due.mapped()();
    }
    if (!tasks_.empty() && !armedFor_) arm(tasks_.begin()->first.first);
  }

  WireAlarm alarm_;
  std::map<std::pair<WireTime, std::uint64_t>, Task> tasks_;
  std::uint64_t count_ = 0;
  std::optional<WireTime> armedFor_;
};

}  // namespace lull::net
