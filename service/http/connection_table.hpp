#pragma once

#include "client_connection.hpp"
#include "late_answers.hpp"
#include "request_loop.hpp"

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

/// The client of a connection, as far as strangers can be told apart: an IPv4 address, or the /64 that one client of
/// IPv6 has to itself.
std::string clientOf(const sockaddr_storage& address);

/// The open connections of a listener. Decides how many there may be, which one is closed when a new one comes and all
/// places are taken, and which ones are hurried when others wait for a thread. Connections that have shown a good
/// credential are closed last. Those that wait for the answer to their request have places of their own: they take none
/// from others, and nobody takes theirs. Thread-safe.
class ConnectionTable {
 public:
  using Id = std::uint64_t;
  using Time = ClientConnection::Time;

  /// `stopping` is set when the server stops; it outlives the table.
  ConnectionTable(std::size_t most, const std::atomic<bool>& stopping, std::size_t mostWaiting = 0)
      : most_(most), mostWaiting_(mostWaiting), stopping_(stopping) {}

  /// Adds the socket as an idle connection. When all places are taken, an idle stranger of the client with the most
  /// connections is closed; if there is none, a slow connection is hurried. nullopt when neither is possible: then the
  /// socket is still the caller's.
  std::optional<Id> admit(int socket, const std::string& client);

  /// Hands an idle connection to a thread that serves it; nullptr when it is closed. `known` says whether it has shown
  /// a good credential.
  struct Taken {
    ClientConnection* connection = nullptr;
    bool known = false;
  };
  Taken take(Id id);
  /// Makes the connection idle again: it waits for the next request of its client. `watch` is called with its socket
  /// before another thread can close it.
  template <class Watch>
  void park(Id id, const Watch& watch) {
    std::lock_guard guard(mutex_);
    auto& entry = entries_.at(id);
    rest(entry);
    watch(entry.connection->socket());
  }
  void vouch(Id id);   ///< it has shown a good credential
  void remove(Id id);  ///< closes it

  /// The connection, which a thread has taken, waits for its answer from now on. nullptr: too many wait; it is still
  /// that thread's.
  std::shared_ptr<Wait> letWait(Id id, Unanswered unanswered);
  /// begin() of what waits has returned, so gone() may come. Unless the answer was faster, `watch` is called with the
  /// socket, and with whether the end of the client's stream says that the client has gone. Returns whom to tell so
  /// now, when the listener has ended: then the connection is closed.
  template <class Watch>
  std::shared_ptr<Waiting> begun(const Wait& wait, const Watch& watch) {
    std::lock_guard guard(mutex_);
    const auto found = waitingOne(wait);
    if (found == waiting_.end()) return nullptr;
    found->second.begun = true;
    if (shut_ == SHUT_RDWR) return endWait(found);
    watch(found->second.connection->socket(), tellsItsEnd(found->second));
    return nullptr;
  }
  /// The answer has come: the connection is that of the thread that sends it, and takes an ordinary place again.
  /// `crowded`: beyond the limit, so it has to be closed afterwards. nullopt: it is closed already.
  struct Answered {
    ClientConnection* connection;
    ReplyTerms terms;
    bool crowded;
  };
  std::optional<Answered> answered(const Wait& wait);
  /// The stream of a connection has ended (or, with `reset`, the connection is broken). If it waits and no answer is on
  /// its way, it is closed; returns whom to tell that it is gone.
  std::shared_ptr<Waiting> hungUp(Id id, bool reset);
  /// Closes a connection whose wait could not begin; returns whom to tell.
  std::shared_ptr<Waiting> giveUp(const Wait& wait);

  /// Closes all connections that have been idle since before `since`.
  void closeIdleSince(Time since);
  /// `waiting` connections wait for a thread: hurries as many connections whose clients are slow.
  void relieve(std::size_t waiting);

  /// Closes the idle connections that have sent nothing since; returns the others.
  std::vector<Id> dismissIdle();
  /// When the listener ends all connections: closes those that wait and whose answers are not on their way. Returns
  /// whom to tell.
  std::vector<std::shared_ptr<Waiting>> dismissWaiting();
  std::size_t size() const;

  /// Ends reading (SHUT_RD), or reading and writing (SHUT_RDWR), on all connections, and on those that come later.
  /// Those that wait lose nothing by SHUT_RD.
  void shut(int how);

 private:
  struct Entry {
    Id id;
    std::unique_ptr<ClientConnection> connection;
    std::size_t* ofClient;  ///< how many connections its client has
    std::string client;
    bool known = false;
    bool heard = false;                                ///< has sent something and waits for a thread
    std::optional<std::list<Entry*>::iterator> place;  ///< its place in idle_
    Time idleSince;
    std::shared_ptr<Wait> wait{};  ///< set while it is in waiting_, as the next three
    std::shared_ptr<Waiting> waiting{};
    ReplyTerms terms{};
    bool begun = false;
  };
  using Entries = std::unordered_map<Id, Entry>;

  // All with mutex_ held.
  void rest(Entry& entry);
  std::optional<Id> idleOne(bool known);
  std::optional<Id> longestIdle(bool known) const;
  void hurrySome(std::size_t most);
  std::size_t leaving() const;
  void close(Id id);
  void leavePlace(Entry& entry);
  Entries::iterator waitingOne(const Wait& wait);
  bool tellsItsEnd(const Entry& entry) const;
  std::shared_ptr<Waiting> endWait(Entries::iterator found);

  const std::size_t most_;
  const std::size_t mostWaiting_;
  const std::atomic<bool>& stopping_;
  mutable std::mutex mutex_;
  Entries entries_;  // all but those in the next one; protected by mutex_, as all below
  Entries waiting_;  // their requests are answered later
  std::unordered_map<std::string, std::size_t> clients_;
  std::list<Entry*> idle_;  // the longest idle one first
  std::size_t known_ = 0;
  Time lastHurry_{};
  Id last_ = 0;
  std::optional<int> shut_;
};

}  // namespace lull::http
