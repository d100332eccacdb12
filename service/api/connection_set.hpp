#pragma once

#include <atomic>
#include <list>
#include <mutex>

namespace lull::api {

/// The open connections of one listener, so that they can be told to go when the server stops.
/// Thread-safe.
class ConnectionSet {
 public:
  struct Entry {
    explicit Entry(int fd) : socket(fd) {}
    const int socket;
    std::atomic<bool> idle{false};  ///< waits for a request
  };
  using Handle = std::list<Entry>::iterator;

  Handle add(int socket);
  /// Call before the socket is closed: afterwards its number may belong to another connection.
  void remove(Handle handle);

  /// Marks the connection as waiting. False once the server stops: then it must not wait.
  bool beginIdle(Handle handle);
  void endIdle(Handle handle) { handle->idle.store(false); }

  /// Makes all connections see the end of what they read, now and from now on.
  void stop();
  bool stopping() const { return stopping_.load(); }

 private:
  std::mutex mutex_;
  std::list<Entry> entries_;  // protected by mutex_; the entries' members are not
  std::atomic<bool> stopping_{false};
};

}  // namespace lull::api
