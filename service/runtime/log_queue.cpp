#include "log_queue.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace lull::runtime {

namespace {

constexpr std::size_t kMostWaiting = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kMostAtOnce = std::size_t{64} * 1024;
// How soon the thread notices that it shall give up on a descriptor that takes nothing.
constexpr int kSliceMs = 50;

}  // namespace

LogQueue::LogQueue(int descriptor, LossLine lossLine, std::atomic<std::uint64_t>& lost)
    : descriptor_(descriptor), lossLine_(std::move(lossLine)), lost_(lost) {
  threads_.start({"log", [this] { run(); },
                  [this] {
                    const std::lock_guard guard(mutex_);
                    closing_ = true;
                    abandoned_ = true;
                    changed_.notify_all();
                  }});
}

void LogQueue::push(std::string line) {
  const std::lock_guard guard(mutex_);
  if (bytes_ + line.size() > kMostWaiting) {
    ++lost_;
    if (waiting_.empty() || waiting_.back().lost == 0) waiting_.emplace_back();
    ++waiting_.back().lost;
    return;
  }
  bytes_ += line.size();
  waiting_.push_back({std::move(line), 0});
  if (waiting_.size() == 1) changed_.notify_all();
}

void LogQueue::flush(const Deadline& deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline.at(), [this] { return bytes_ == 0; });
}

void LogQueue::close(const Deadline& deadline) {
  flush(deadline);
  threads_.stopAll();
}

LogQueue::Batch LogQueue::nextBatch(std::unique_lock<std::mutex>& lock) {
  Batch batch;
  changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
  while (!waiting_.empty() && batch.text.size() < kMostAtOnce) {
    const auto& entry = waiting_.front();
    if (entry.lost > 0) {
      batch.text += lossLine_(entry.lost);
    } else {
      batch.text += entry.line;
      batch.bytes += entry.line.size();
      ++batch.lines;
    }
    waiting_.pop_front();
  }
  return batch;
}

void LogQueue::run() {
  std::unique_lock lock(mutex_);
  while (!closing_ || !waiting_.empty()) {
    const auto batch = nextBatch(lock);
    lock.unlock();
    const bool written = write(batch.text);
    lock.lock();
    bytes_ -= batch.bytes;
    if (!written) lost_ += batch.lines;
    changed_.notify_all();
    if (!written && abandoned_) break;
  }
  for (const auto& entry : waiting_) lost_ += entry.lost > 0 ? 0 : 1;
}

// Returns false when the descriptor is broken, or took nothing until the thread was told to give up.
bool LogQueue::write(const std::string& text) const {
  for (std::size_t done = 0; done < text.size();) {
    pollfd writable{descriptor_, POLLOUT, 0};
    if (::poll(&writable, 1, kSliceMs) <= 0) {
      if (abandoned_) return false;
      continue;
    }
    // A pipe that is writable takes this much without blocking.
    const auto count = ::write(descriptor_, text.data() + done, std::min<std::size_t>(text.size() - done, PIPE_BUF));
    if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace lull::runtime
