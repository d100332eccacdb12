#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>

namespace lull::api {

/// The open connections of one listener, so that those between two requests can be told to go: when others need their
/// threads, and when the server stops. Thread-safe.
class ConnectionSet {
 public:
  struct Entry {
    explicit Entry(int fd) : socket(fd) {}
    const int socket;
    /// Since when the connection waits for a request, in ticks of the steady clock; 0 while it serves one.
    std::atomic<std::chrono::steady_clock::rep> idleSince{0};
  };
  using Handle = std::list<Entry>::iterator;

  Handle add(int socket);
  /// Call before the socket is closed: afterwards its number may belong to another connection.
  void remove(Handle handle);

  /// Marks the connection as waiting. False once the server stops: then it must not wait.
  bool beginIdle(Handle handle);
  void endIdle(Handle handle) { handle->idleSince.store(0); }

  /// Makes the connection that waits longest see its end.
  void closeLongestIdle();
  /// Makes all waiting connections see their end, now and from now on.
  void stop();
  bool stopping() const { return stopping_.load(); }

 private:
  std::mutex mutex_;
  std::list<Entry> entries_;  // protected by mutex_; the entries' members are not
  std::atomic<bool> stopping_{false};
};

}  // namespace lull::api
