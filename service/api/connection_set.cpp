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
  handle->idleSince.store(std::chrono::steady_clock::now().time_since_epoch().count());
  // In this order: either stop() sees the connection idle, or the connection sees stop().
  return !stopping_.load();
}

void ConnectionSet::closeLongestIdle() {
  std::lock_guard guard(mutex_);
  Entry* longest = nullptr;
  for (auto& entry : entries_) {
    const auto since = entry.idleSince.load();
    if (since != 0 && (longest == nullptr || since < longest->idleSince.load())) longest = &entry;
  }
  if (longest == nullptr) return;
  // The reading side only: should a request have just begun, its reply still gets through.
  ::shutdown(longest->socket, SHUT_RD);
  longest->idleSince.store(0);
}

void ConnectionSet::stop() {
  stopping_.store(true);
  std::lock_guard guard(mutex_);
  for (auto& entry : entries_) {
    if (entry.idleSince.load() != 0) ::shutdown(entry.socket, SHUT_RD);
  }
}

}  // namespace lull::api
