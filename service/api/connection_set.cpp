#include "connection_set.hpp"

#include <sys/socket.h>

namespace lull::api {

ConnectionSet::Handle ConnectionSet::add(int socket) {
  std::lock_guard guard(mutex_);
  const auto handle = entries_.insert(entries_.end(), socket);
  if (shut_) ::shutdown(socket, *shut_);
  return handle;
}

void ConnectionSet::remove(Handle handle) {
  std::lock_guard guard(mutex_);
  entries_.erase(handle);
}

// The reading side only: what has arrived is still read, and a request that is whole gets its reply. One that was sent by
// half would hold the stop until its deadline.
void ConnectionSet::stopReading() {
  shutAll(SHUT_RD);
}

void ConnectionSet::cut() {
  shutAll(SHUT_RDWR);
}

void ConnectionSet::shutAll(int how) {
  std::lock_guard guard(mutex_);
  shut_ = how;
  for (const int socket : entries_) ::shutdown(socket, how);
}

}  // namespace lull::api
