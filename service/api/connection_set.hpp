#pragma once

#include <atomic>
#include <list>
#include <mutex>

namespace lull::api {

/// The open connections of one listener, so that they can be told to go when the server stops.
/// Thread-safe.
class ConnectionSet {
 public:
  using Handle = std::list<int>::iterator;

  Handle add(int socket);
  /// Call before the socket is closed: afterwards its number may belong to another connection.
  void remove(Handle handle);

  /// Makes all connections see the end of what they read, now and from now on.
  void stop();
  bool stopping() const { return stopping_.load(); }

 private:
  std::mutex mutex_;
  std::list<int> entries_;  // sockets; protected by mutex_
  std::atomic<bool> stopping_{false};
};

}  // namespace lull::api
