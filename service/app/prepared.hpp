#pragma once

#include <lull/app/application.hpp>
#include <lull/auth/key_sets.hpp>
#include <lull/net/address_guard.hpp>
#include <lull/redis/connection.hpp>
#include <lull/redis/managed_server.hpp>
#include <lull/redis/sealer.hpp>

#include <memory>
#include <string_view>

namespace lull::app {

/// What may fail before the parts are constructed.
struct Prepared {
  std::unique_ptr<redis::ManagedServer> managed;
  redis::Address address;
  redis::Sealer sealer;
  net::AddressGuard guard;
  std::unique_ptr<auth::KeySets> fixedKeys;
};

Result<Prepared> prepare(const config::Settings& settings, const ApplicationEdges& edges);

/// The one of the edges, or the one that the settings name. `guard` outlives it.
std::unique_ptr<ports::Transport> makeTransport(const config::Settings& settings, const ApplicationEdges& edges,
                                                const net::AddressGuard& guard);

/// The error, with where it comes from before it.
Error because(std::string_view what, const Error& error);

}  // namespace lull::app
