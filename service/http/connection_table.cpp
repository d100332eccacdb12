#include "connection_table.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <utility>

namespace lull::http {

namespace {

using std::chrono::steady_clock;

// A client counts as slow only after this time: a head or a body of usual size arrives in one piece.
constexpr auto kGrace = std::chrono::milliseconds(250);
// To look for slow clients means to walk over all connections, so it is not done for each new connection of a flood.
constexpr auto kPause = std::chrono::milliseconds(10);
// Connections that were hurried still hold their places for a moment; meanwhile so many more may be open.
constexpr std::size_t kLeaving = 32;

bool hasSent(const ClientConnection& connection) {
  char first = 0;
  return ::recv(connection.socket(), &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

std::string clientOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    return {reinterpret_cast<const char*>(&v4), sizeof(v4)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  const auto* bytes = reinterpret_cast<const char*>(&v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return {bytes + 12, 4};
  return {bytes, 8};
}

std::optional<ConnectionTable::Id> ConnectionTable::admit(int socket, const std::string& client) {
  std::lock_guard guard(mutex_);
  if (entries_.size() >= most_) {
    auto victim = idleOne(false);
    // Strangers do not push out the connections that publishers keep open, unless those hold most of the places.
    if (!victim && known_ > most_ / 2) victim = idleOne(true);
    if (victim) {
      close(*victim);
    } else {
      hurrySome(kLeaving);
      if (entries_.size() >= most_ + kLeaving || leaving() == 0) return std::nullopt;
    }
  }
  const auto id = ++last_;
  auto& ofClient = clients_[client];
  auto& entry = entries_[id];
  entry.id = id;
  entry.connection = std::make_unique<ClientConnection>(socket, ConnectionTimes{}, stopping_);
  ++ofClient;
  entry.ofClient = &ofClient;
  entry.client = client;
  rest(entry);
  if (shut_) ::shutdown(socket, *shut_);
  return id;
}

void ConnectionTable::rest(Entry& entry) {
  entry.idleSince = steady_clock::now();
  entry.heard = false;
  entry.place = idle_.insert(idle_.end(), &entry);
}

ConnectionTable::Taken ConnectionTable::take(Id id) {
  std::lock_guard guard(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.place) return {};
  idle_.erase(*std::exchange(found->second.place, std::nullopt));
  return {found->second.connection.get(), found->second.known};
}

void ConnectionTable::vouch(Id id) {
  std::lock_guard guard(mutex_);
  auto& entry = entries_.at(id);
  if (!std::exchange(entry.known, true)) ++known_;
}

void ConnectionTable::remove(Id id) {
  std::lock_guard guard(mutex_);
  close(id);
}

void ConnectionTable::close(Id id) {
  const auto found = entries_.find(id);
  leavePlace(found->second);
  entries_.erase(found);
}

void ConnectionTable::leavePlace(Entry& entry) {
  if (entry.place) idle_.erase(*std::exchange(entry.place, std::nullopt));
  if (entry.known) --known_;
  if (--*entry.ofClient == 0) clients_.erase(entry.client);
}

/// The connection that is idle longest, of the client with the most connections.
std::optional<ConnectionTable::Id> ConnectionTable::longestIdle(bool known) const {
  std::optional<Id> chosen;
  std::size_t most = 0;
  for (const auto* entry : idle_) {
    if (entry->known != known || entry->heard || *entry->ofClient <= most) continue;
    most = *entry->ofClient;
    chosen = entry->id;
    if (most > entries_.size() / 2) break;  // no other client can have more
  }
  return chosen;
}

/// A connection that has sent something since is not idle: it waits for a thread.
std::optional<ConnectionTable::Id> ConnectionTable::idleOne(bool known) {
  for (;;) {
    const auto id = longestIdle(known);
    if (!id) return id;
    auto& entry = entries_.at(*id);
    entry.heard = hasSent(*entry.connection);
    if (!entry.heard) return id;
  }
}

/// Orders strangers before known clients, then by how many connections the client has.
void ConnectionTable::hurrySome(std::size_t most) {
  const auto now = steady_clock::now();
  if (now - lastHurry_ < kPause) return;
  lastHurry_ = now;
  std::vector<Entry*> slow;
  for (auto& [id, entry] : entries_) {
    if (!entry.connection->hurried() && entry.connection->awaitedSince() < now - kGrace) slow.push_back(&entry);
  }
  std::ranges::sort(slow, [](const Entry* a, const Entry* b) {
    return std::pair(a->known, *b->ofClient) < std::pair(b->known, *a->ofClient);
  });
  slow.resize(std::min(slow.size(), most));
  for (auto* entry : slow) entry->connection->hurry();
}

std::size_t ConnectionTable::leaving() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [](const auto& entry) { return entry.second.connection->hurried(); }));
}

void ConnectionTable::closeIdleSince(Time since) {
  std::lock_guard guard(mutex_);
  while (!idle_.empty() && idle_.front()->idleSince < since) close(idle_.front()->id);
}

void ConnectionTable::relieve(std::size_t waiting) {
  std::lock_guard guard(mutex_);
  const auto gone = leaving();
  if (waiting > gone) hurrySome(waiting - gone);
}

std::vector<ConnectionTable::Id> ConnectionTable::dismissIdle() {
  std::lock_guard guard(mutex_);
  std::vector<Id> rest;
  for (auto next = idle_.begin(); next != idle_.end();) {
    const auto& entry = **next++;
    if (hasSent(*entry.connection)) {
      rest.push_back(entry.id);
    } else {
      close(entry.id);
    }
  }
  return rest;
}

std::size_t ConnectionTable::size() const {
  std::lock_guard guard(mutex_);
  return entries_.size() + waiting_.size();
}

void ConnectionTable::shut(int how) {
  std::lock_guard guard(mutex_);
  shut_ = how;
  for (const auto& [id, entry] : entries_) ::shutdown(entry.connection->socket(), how);
  if (how != SHUT_RDWR) return;
  for (const auto& [id, entry] : waiting_) ::shutdown(entry.connection->socket(), how);
}

}  // namespace lull::http
