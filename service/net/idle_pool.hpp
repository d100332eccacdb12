#pragma once

#include <lull/net/ip_address.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// A connection as the pool sees it.
class Poolable {
 public:
  virtual ~Poolable() = default;
  virtual const std::string& origin() const = 0;
  virtual const IpAddress& address() const = 0;
  /// Looks at the connection without waiting: true when it is open and not a byte has come since its last answer.
  virtual bool isSilent() = 0;
  virtual void close() = 0;
};

/// Connections that wait for the next request, by origin and address, the one used last first. Belongs to one thread.
/// Whatever it drops, it closes.
class IdlePool {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Kept = std::shared_ptr<Poolable>;
  struct Limits {
    std::size_t all = 512;
    std::size_t perOrigin = 256;
    std::chrono::milliseconds age{60'000};
  };

  explicit IdlePool(Limits limits) : limits_(limits) {}
  ~IdlePool();
  IdlePool(const IdlePool&) = delete;
  IdlePool& operator=(const IdlePool&) = delete;

  /// A connection to the origin at one of the addresses that is silent at this moment, or null.
  Kept take(const std::string& origin, const std::vector<IpAddress>& addresses);
  /// Beyond a limit the one that has waited longest makes room.
  void put(Kept connection, Time now);
  /// Drops it if it is here: something came on it.
  void drop(const Poolable& connection);
  void dropIf(const std::function<bool(const Poolable&)>& matches);
  /// False when there is none.
  bool dropOldest();
  /// Drops those that have waited too long; returns when the next one will have.
  std::optional<Time> expire(Time now);
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    Kept connection;
    Time since;
  };
  using Place = std::list<Waiting>::iterator;

  Kept remove(Place place);

  const Limits limits_;
  std::list<Waiting> waiting_;                                    // the one that has waited longest first
  std::unordered_map<std::string, std::vector<Place>> byOrigin_;  // each vector in the same order
};

}  // namespace lull::net
