#pragma once

#include <list>
#include <mutex>
#include <optional>

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
  void stopReading();
  /// Makes them see the end of what they write, too: whoever waits for a client waits no longer.
  void cut();

 private:
  void shutAll(int how);

  std::mutex mutex_;
  std::list<int> entries_;  // sockets; protected by mutex_, as the next one
  std::optional<int> shut_;
};

}  // namespace lull::api
