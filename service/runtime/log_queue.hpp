#pragma once

#include <lull/runtime/deadline.hpp>
#include <lull/runtime/supervisor.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace lull::runtime {

/// The lines that wait for a descriptor, and the thread that writes them. Thread-safe, except close().
class LogQueue {
 public:
  /// `lossLine` makes the line that says how many were dropped; `lost` counts them.
  using LossLine = std::function<std::string(std::uint64_t)>;
  LogQueue(int descriptor, LossLine lossLine, std::atomic<std::uint64_t>& lost);
  ~LogQueue() { close(Deadline::in({})); }
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  /// Adds a line without waiting for the descriptor.
  void push(std::string line);
  /// Waits until all that was pushed is written, at most until the deadline.
  void flush(const Deadline& deadline);
  /// Does the same, then ends the thread; lines that are left are dropped.
  void close(const Deadline& deadline);

 private:
  struct Entry {
    std::string line;
    std::uint64_t lost = 0;  // how many lines were dropped at this place; then the entry has no line
  };
  struct Batch {
    std::string text;
    std::uint64_t lines = 0;
    std::size_t bytes = 0;  // of the lines
  };

  void run();
  Batch nextBatch(std::unique_lock<std::mutex>& lock);
  bool write(const std::string& text) const;

  const int descriptor_;
  const LossLine lossLine_;
  std::atomic<std::uint64_t>& lost_;
  std::mutex mutex_;
  std::condition_variable changed_;  // a line was added, or the last one was written
  std::deque<Entry> waiting_;        // protected by mutex_, as the next two
  std::size_t bytes_ = 0;            // of lines that wait or are being written
  bool closing_ = false;
  std::atomic<bool> abandoned_{false};  // the thread shall write no more
  Supervisor threads_;                  // last: its thread uses everything above
};

}  // namespace lull::runtime
