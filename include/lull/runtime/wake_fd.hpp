#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>

namespace lull::runtime {

/// An event descriptor that wakes one polling thread. raise() is thread-safe and costs a system call only when the
/// thread has not been woken yet; clear() belongs to the polling thread, before it looks at what it was woken for.
class WakeFd {
 public:
  WakeFd() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("no event descriptor could be made");
  }
  ~WakeFd() { close(fd_); }
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;

  int fd() const { return fd_; }

  void raise() {
    if (raised_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(fd_, &one, sizeof(one));
  }

  void clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(fd_, &count, sizeof(count));
    raised_.store(false);
  }

 private:
  const int fd_;
  std::atomic<bool> raised_{false};
};

}  // namespace lull::runtime
