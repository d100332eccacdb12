#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <vector>

namespace lull::bench {

/// A thin owner of an epoll instance. Every registration carries a 64-bit tag that comes back with its events.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void add(int fd, std::uint32_t events, std::uint64_t tag);
  void modify(int fd, std::uint32_t events, std::uint64_t tag);

  /// Waits at most `timeoutNs` (nanosecond resolution, as a schedule of thousands of sends a second needs it); a
  /// negative one waits without end. The events stay valid until the next call.
  std::span<const epoll_event> wait(std::int64_t timeoutNs);

 private:
  int fd_;
  std::vector<epoll_event> events_;
};

}  // namespace lull::bench
