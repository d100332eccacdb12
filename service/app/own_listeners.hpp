#pragma once

#include <lull/config/settings.hpp>
#include <lull/net/egress_rules.hpp>

#include <vector>

namespace lull::app {

/// Whether Redis has been reached, so that its name can be resolved.
enum class RedisKnown { NotYet, Yes };

/// The addresses that no endpoint may lead to, whatever the egress rules say: those that Lull listens on, and those of
/// its Redis. A name in the connection string is resolved here when Redis is known, which may take as long as the
/// resolver of the system does.
std::vector<net::EgressRules::OwnListener> ownListeners(const config::Settings& settings, RedisKnown redis);

}  // namespace lull::app
