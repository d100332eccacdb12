#pragma once

#include "kept_connections.hpp"
#include "route_memory.hpp"
#include "tls_context.hpp"
#include "wire_asio.hpp"
#include "wire_timers.hpp"

#include <lull/net/address_guard.hpp>
#include <lull/net/transport_settings.hpp>

#include <array>
#include <memory>

namespace lull::net {

/// What all exchanges of one transport share on its thread.
struct WireParts {
  /// Throws as TlsContext does.
  WireParts(const TransportSettings& settings, const AddressGuard& rules)
      : guard(rules),
        tls(settings.caFile),
        timers(context),
        kept(timers, {.all = settings.maxIdleConnections, .perOrigin = settings.maxIdleConnectionsPerOrigin}) {}

  /// The current authorities. Kept connections that were made under other ones are closed.
  std::shared_ptr<TlsContext> trusted() {
    auto now = tls.current();
    if (now != lastTrusted_) {
      kept.trustOnly(*now);
      lastTrusted_ = now;
    }
    return now;
  }

  const AddressGuard& guard;
  WireContext context{1};  // one thread runs it
  TlsContexts tls;
  WireTimers timers;
  KeptConnections kept;
  RouteMemory routes;
  std::array<char, 16UL * 1024> scratch{};  // the bytes being read; a TLS record fits

 private:
  std::shared_ptr<TlsContext> lastTrusted_;
};

}  // namespace lull::net
