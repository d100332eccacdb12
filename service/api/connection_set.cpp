#include "connection_set.hpp"

#include <sys/socket.h>

namespace lull::api {

ConnectionSet::Handle ConnectionSet::add(int socket) {
  std::lock_guard guard(mutex_);
  const auto handle = entries_.emplace(entries_.end(), socket);
  if (stopping_.load()) ::shutdown(socket, SHUT_RD);
  return handle;
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
  // The reading side only: what has arrived is still read, and a request that is whole gets its reply. One that was
  // sent by half would hold the stop until its deadline.
  for (auto& entry : entries_) ::shutdown(entry.socket, SHUT_RD);
}

}  // namespace lull::api
