#pragma once

#include <unistd.h>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace lull::http {

/// Sockets that were accepted and are not admitted yet. There is room for a few; then accepting waits. Owns them.
/// Thread-safe.
class AcceptedSockets {
 public:
  /// Adds a socket, waiting for room. False when this object was closed: then the socket is closed, too.
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

  /// Takes all waiting sockets; they are the caller's now.
  std::vector<int> takeAll() {
    std::vector<int> taken;
    {
      const std::lock_guard guard(mutex_);
      taken.swap(sockets_);
    }
    room_.notify_all();
    return taken;
  }

  /// Closes the waiting sockets, and all that come later.
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
