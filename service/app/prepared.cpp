#include "prepared.hpp"

#include "settings_mapping.hpp"
#include "source_parts.hpp"
#include "token_keys.hpp"

#include <lull/net/cpprest_transport.hpp>
#include <lull/net/native_transport.hpp>

#include <string>
#include <utility>

namespace lull::app {

Error because(std::string_view what, const Error& error) {
  return {error.code, std::string(what) + error.message, error.fields};
}

std::unique_ptr<ports::Transport> makeTransport(const config::Settings& settings, const ApplicationEdges& edges,
                                                const net::AddressGuard& guard) {
  if (edges.transport) return edges.transport();
  const auto transport = transportSettings(settings);
  if (settings.delivery.transport == config::TransportKind::CppRest)
    return std::make_unique<net::CppRestTransport>(transport, guard);
  return std::make_unique<net::NativeTransport>(transport, guard);
}

Result<Prepared> prepare(const config::Settings& settings, const ApplicationEdges& edges) {
  // The addresses of Redis become known once it is there (Parts::attach).
  auto guard = net::AddressGuard::create(egressRules(settings, RedisKnown::NotYet));
  if (!guard) return because("Egress: ", guard.error());
  if (auto known = SourceParts::check(settings); !known) return known.error();
  auto fixedKeys = TokenKeys::fixedOf(settings);
  if (!fixedKeys) return std::move(fixedKeys).error();
  std::unique_ptr<redis::ManagedServer> managed;
  if (settings.redis.mode == config::RedisMode::Managed) {
    auto server = redis::ManagedServer::start(managedSettings(settings, edges.serverGuard), edges.cancel);
    if (!server) return server.error();
    managed = std::move(*server);
  }
  auto address = managed ? managed->address() : addressOf(*settings.redis.address);
  auto seals = sealer(settings);
  if (!seals) return seals.error();
  return Prepared{std::move(managed), std::move(address), *std::move(seals), *std::move(guard),
                  std::move(fixedKeys).value()};
}

}  // namespace lull::app
