#pragma once

#include <lull/config/settings.hpp>
#include <lull/net/egress_rules.hpp>

#include <vector>

namespace lull::app {

/// Whether Redis has been reached, so that its name leads somewhere.
enum class RedisKnown { NotYet, Yes };

/// What no endpoint may lead to, whatever the egress rules say: the addresses that Lull listens on, and its Redis. A
/// name in the connection string is resolved here when Redis is known; this may take as long as the system's resolver
/// does.
std::vector<net::EgressRules::Listener> ownListeners(const config::Settings& settings, RedisKnown redis);

}  // namespace lull::app
