#include "connection_set.hpp"

#include <sys/socket.h>

namespace lull::api {

ConnectionSet::Handle ConnectionSet::add(int socket) {
  std::lock_guard guard(mutex_);
  const auto handle = entries_.insert(entries_.end(), socket);
  if (stopping_.load()) ::shutdown(socket, SHUT_RD);
  return handle;
}

void ConnectionSet::remove(Handle handle) {
  std::lock_guard guard(mutex_);
  entries_.erase(handle);
}

void ConnectionSet::stop() {
  stopping_.store(true);
  std::lock_guard guard(mutex_);
  // The reading side only: what has arrived is still read, and a request that is whole gets its reply. One that was
  // sent by half would hold the stop until its deadline.
  for (const int socket : entries_) ::shutdown(socket, SHUT_RD);
}

}  // namespace lull::api
