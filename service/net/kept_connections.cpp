#include "kept_connections.hpp"

#include <chrono>
#include <utility>

namespace lull::net {

void KeptConnections::put(Connection connection) {
  connection->markKept();
  connection->use(this);
  connection->awaitReadable();
  pool_.put(std::move(connection), std::chrono::steady_clock::now());
  if (!expiryRuns_) expire();
}

void KeptConnections::trustOnly(const TlsContext& context) {
  pool_.dropIf([&context](const Poolable& kept) {
    const auto* other = static_cast<const WireConnection&>(kept).tlsContext();
    return other != nullptr && other != &context;
  });
}

void KeptConnections::readable(WireConnection& connection) {
  if (connection.isSilent()) {
    connection.awaitReadable();
  } else {
    pool_.drop(connection);
  }
}

/// Does nothing: nobody waits to write on an idle connection, so this event is out of date.
void KeptConnections::writable(WireConnection& /*connection*/) {}

void KeptConnections::expire() {
  const auto next = pool_.expire(std::chrono::steady_clock::now());
  expiryRuns_ = next.has_value();
  if (next) expiry_ = timers_.at(*next, [this] { expire(); });
}

}  // namespace lull::net
