#pragma once

#include "idle_pool.hpp"
#include "wire_connection.hpp"
#include "wire_timers.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lull::net {

/// The pool with its ears open: a connection on which anything but silence comes while it waits is closed at once, and
/// so is one that has waited too long. Belongs to the loop's thread.
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
