#pragma once

#include "idle_pool.hpp"
#include "wire_connection.hpp"
#include "wire_timers.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lull::net {

/// The idle pool, with every connection watched: when anything comes on one while it waits, or when it has waited too
/// long, it is closed at once. Belongs to the loop's thread.
class KeptConnections final : private WireUser {
 public:
  using Connection = std::shared_ptr<WireConnection>;

  KeptConnections(WireTimers& timers, IdlePool::Limits limits) : timers_(timers), pool_(limits) {}

  /// A silent connection or null; see IdlePool.
  Connection take(const std::string& origin, const std::vector<IpAddress>& addresses) {
    return std::static_pointer_cast<WireConnection>(pool_.take(origin, addresses));
  }
  void put(Connection connection);
  /// Frees a descriptor; false when none is kept.
  bool dropOldest() { return pool_.dropOldest(); }
  /// Closes the TLS connections that were made under other authorities.
  void trustOnly(const TlsContext& context);

 private:
  void readable(WireConnection& connection) override;
  void writable(WireConnection& connection) override;
  void expire();

  WireTimers& timers_;
  IdlePool pool_;
  WireTimers::Handle expiry_;
  bool expiryRuns_ = false;
};

}  // namespace lull::net
