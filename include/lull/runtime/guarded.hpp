#pragma once

#include <mutex>
#include <utility>

namespace lull::runtime {

/// A mutex that owns the data it protects: the only way to the data is `lock()`.
template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  class Lock {
   public:
    T* operator->() { return value_; }
    T& operator*() { return *value_; }
    std::unique_lock<std::mutex>& held() { return lock_; }

   private:
    friend class Guarded;
    Lock(std::mutex& mutex, T* value) : lock_(mutex), value_(value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  [[nodiscard]] Lock lock() { return Lock(mutex_, &value_); }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace lull::runtime
