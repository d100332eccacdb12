#include "connection_set.hpp"

#include <sys/socket.h>

namespace lull::api {

ConnectionSet::Handle ConnectionSet::add(int socket) {
  std::lock_guard guard(mutex_);
  return entries_.emplace(entries_.end(), socket);
}

void ConnectionSet::remove(Handle handle) {
  std::lock_guard guard(mutex_);
  entries_.erase(handle);
}

bool ConnectionSet::beginIdle(Handle handle) {
  handle->idle.store(true);
  // In this order: either stop() sees the connection idle, or the connection sees stop().
  return !stopping_.load();
}

void ConnectionSet::stop() {
  stopping_.store(true);
  std::lock_guard guard(mutex_);
  for (auto& entry : entries_) {
    // The reading side only: should a request have just begun, its reply still gets through.
    if (entry.idle.load()) ::shutdown(entry.socket, SHUT_RD);
  }
}

}  // namespace lull::api
