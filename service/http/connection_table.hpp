#pragma once

#include "client_connection.hpp"

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lull::http {

/// Who a connection comes from, as far as strangers are told apart: an IPv4 address, or the /64 that one client of IPv6
/// has to itself.
std::string clientOf(const sockaddr_storage& address);

/// The open connections of a listener: how many there may be, which of them has to go when a new one comes and all
/// places are taken, and which when others wait for a thread. Who has shown a good credential goes last. Thread-safe.
class ConnectionTable {
 public:
  using Id = std::uint64_t;
  using Time = ClientConnection::Time;

  /// `stopping` is set when the server stops; it outlives the table.
  ConnectionTable(std::size_t most, const std::atomic<bool>& stopping) : most_(most), stopping_(stopping) {}

  /// Takes the socket in as an idle connection. When all places are taken, an idle stranger of the most numerous client
  /// is closed for it, else one that keeps us waiting is hurried; nullopt: nobody could be, and the socket is still the
  /// caller's.
  std::optional<Id> admit(int socket, const std::string& client);

  /// The connection leaves the idle ones, for a thread that serves it; nullptr when it is gone. `known` says whether it
  /// has shown a good credential.
  struct Taken {
    ClientConnection* connection = nullptr;
    bool known = false;
  };
  Taken take(Id id);
  /// It waits for its client's next request. `watch` is called with its socket before anyone else can close it.
  template <class Watch>
  void park(Id id, const Watch& watch) {
    std::lock_guard guard(mutex_);
    auto& entry = entries_.at(id);
    rest(entry);
    watch(entry.connection->socket());
  }
  void vouch(Id id);   ///< it has shown a good credential
  void remove(Id id);  ///< closes it

  /// Closes all that are idle since before `since`.
  void closeIdleSince(Time since);
  /// So many connections wait for a thread: hurries as many of those that keep one waiting for their clients.
  void relieve(std::size_t waiting);

  /// Closes those idle ones that have sent nothing since; the rest is returned.
  std::vector<Id> dismissIdle();
  std::size_t size() const;

  /// Makes all connections see the end of what they read (SHUT_RD), or of what they write, too (SHUT_RDWR), now and
  /// from now on.
  void shut(int how);

 private:
  struct Entry {
    Id id;
    std::unique_ptr<ClientConnection> connection;
    std::size_t* ofClient;  ///< how many its client has
    std::string client;
    bool known = false;
    bool heard = false;                                ///< is idle no longer, although no thread has it yet
    std::optional<std::list<Entry*>::iterator> place;  ///< among the idle ones
    Time idleSince;
  };

  // All with mutex_ held.
  void rest(Entry& entry);
  std::optional<Id> idleOne(bool known);
  std::optional<Id> longestIdle(bool known) const;
  void hurrySome(std::size_t most);
  std::size_t leaving() const;
  void close(Id id);

  const std::size_t most_;
  const std::atomic<bool>& stopping_;
  mutable std::mutex mutex_;
  std::unordered_map<Id, Entry> entries_;  // protected by mutex_, as all below
  std::unordered_map<std::string, std::size_t> clients_;
  std::list<Entry*> idle_;  // the longest idle one first
  std::size_t known_ = 0;
  Time lastHurry_{};
  Id last_ = 0;
  std::optional<int> shut_;
};

}  // namespace lull::http
