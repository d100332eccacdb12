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

/// What the pool needs of a connection.
class Poolable {
 public:
  virtual ~Poolable() = default;
  virtual const std::string& origin() const = 0;
  virtual const IpAddress& address() const = 0;
  /// Checks the connection without waiting: true when it is open and no byte has come since its last answer.
  virtual bool isSilent() = 0;
  virtual void close() = 0;
};

/// Connections that wait for the next request, by origin and address; the one used last is taken first. Belongs to one
/// thread. The pool closes every connection that it drops.
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
  /// Keeps the connection. When a limit is exceeded, the connection that has waited longest is dropped.
  void put(Kept connection, Time now);
  /// Drops the connection, if it is here, because something came on it.
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
