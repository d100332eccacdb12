#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace lull::http {

/// How many bytes of one kind (request bodies, replies) the process may hold at once. Nobody waits for room: who gets
/// none tells its client to come back later. Thread-safe; outlives its shares.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t most) : most_(most) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  std::size_t most() const { return most_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

  /// What one request takes of the budget, given back at the end. Used by one thread.
  class Share {
   public:
    explicit Share(MemoryBudget& budget) : budget_(budget) {}
    ~Share() { release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Whether `bytes` more would fit now. It takes nothing: room may be gone when it is needed.
    bool fits(std::size_t bytes) const { return bytes <= budget_.most_ && budget_.used() <= budget_.most_ - bytes; }

    /// Takes `bytes` more; false when there is no room, and nothing is taken then.
    bool grow(std::size_t bytes) {
      if (budget_.used_.fetch_add(bytes, std::memory_order_relaxed) + bytes > budget_.most_) {
        budget_.used_.fetch_sub(bytes, std::memory_order_relaxed);
        return false;
      }
      taken_ += bytes;
      return true;
    }

    void release() { budget_.used_.fetch_sub(std::exchange(taken_, 0), std::memory_order_relaxed); }

   private:
    MemoryBudget& budget_;
    std::size_t taken_ = 0;
  };

 private:
  const std::size_t most_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace lull::http
