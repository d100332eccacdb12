#include "common/poller.hpp"

#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

namespace lull::bench {
namespace {

constexpr std::size_t kMaxEvents = 512;

void control(int epoll, int operation, int fd, epoll_event event) {
  if (epoll_ctl(epoll, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

epoll_event eventOf(std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return event;
}

}  // namespace

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)), events_(kMaxEvents) {
  if (fd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
}

Poller::~Poller() {
  close(fd_);
}

void Poller::add(int fd, std::uint32_t events, std::uint64_t tag) {
  control(fd_, EPOLL_CTL_ADD, fd, eventOf(events, tag));
}

void Poller::modify(int fd, std::uint32_t events, std::uint64_t tag) {
  control(fd_, EPOLL_CTL_MOD, fd, eventOf(events, tag));
}

std::span<const epoll_event> Poller::wait(std::int64_t timeoutNs) {
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(timeoutNs / 1'000'000'000);
  timeout.tv_nsec = static_cast<decltype(timeout.tv_nsec)>(timeoutNs % 1'000'000'000);
  const int count =
      epoll_pwait2(fd_, events_.data(), static_cast<int>(events_.size()), timeoutNs < 0 ? nullptr : &timeout, nullptr);
  if (count < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "epoll_pwait2");
  }
  return {events_.data(), static_cast<std::size_t>(count < 0 ? 0 : count)};
}

}  // namespace lull::bench
