#pragma once

#include <unistd.h>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace lull::http {

/// Sockets that were accepted and are not admitted yet: a few, then accepting waits. Owns them. Thread-safe.
class AcceptedSockets {
 public:
  /// False: closed, and so is the socket. Waits for room.
  bool put(int socket) {
    std::unique_lock guard(mutex_);
    room_.wait(guard, [this] { return closed_ || sockets_.size() < kMost; });
    if (closed_) {
      ::close(socket);
      return false;
    }
    sockets_.push_back(socket);
    return true;
  }

  /// All that wait; they are the caller's.
  std::vector<int> takeAll() {
    std::vector<int> taken;
    {
      const std::lock_guard guard(mutex_);
      taken.swap(sockets_);
    }
    room_.notify_all();
    return taken;
  }

  /// Closes those that wait and all that come.
  void close() {
    {
      const std::lock_guard guard(mutex_);
      closed_ = true;
      for (const int socket : std::exchange(sockets_, {})) ::close(socket);
    }
    room_.notify_all();
  }

 private:
  // Beyond these, connections wait in the backlog of their address.
  static constexpr std::size_t kMost = 64;

  std::mutex mutex_;
  std::condition_variable room_;
  std::vector<int> sockets_;  // protected by mutex_, as the next one
  bool closed_ = false;
};

}  // namespace lull::http
