#include "management/readiness.hpp"

#include <pthread.h>

namespace lull::api {

namespace {

// Together they keep the promise of 503 within 5 s of an outage and 200 within 8 s of its end.
constexpr auto kInterval = std::chrono::seconds(1);
constexpr auto kPatience = std::chrono::seconds(3);

}  // namespace

void Readiness::wait(const std::string& reason) {
  std::lock_guard guard(mutex_);
  obstacle_ = reason;
}

void Readiness::start() {
  {
    std::lock_guard guard(mutex_);
    askedAt_ = std::chrono::steady_clock::now();
  }
  started_.store(true, std::memory_order_release);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "lull-ready");
    watch();
  });
}

void Readiness::stop() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Readiness::watch() {
  std::unique_lock guard(mutex_);
  while (!stopping_) {
    askedAt_ = std::chrono::steady_clock::now();
    guard.unlock();
    const auto status = stats_.ready();
    auto sources = status ? sources_.list() : Result<std::vector<ports::SourceStatus>>(status.error());
    guard.lock();
    if (sources) known_ = *std::move(sources);
    obstacle_ = status.ok() ? "" : status.error().message;
    if (!status.ok() && obstacle_.empty()) obstacle_ = "The store cannot answer.";
    askedAt_ = std::chrono::steady_clock::now();
    changed_.wait_for(guard, kInterval, [this] { return stopping_; });
  }
}

std::vector<ports::SourceStatus> Readiness::sources() const {
  std::lock_guard guard(mutex_);
  return known_;
}

std::string Readiness::obstacle() const {
  std::lock_guard guard(mutex_);
  if (!obstacle_.empty()) return obstacle_;
  const bool overdue = std::chrono::steady_clock::now() - askedAt_ > kPatience;
  return overdue ? "The store does not answer." : "";
}

}  // namespace lull::api
