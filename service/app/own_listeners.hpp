#pragma once

#include <lull/config/settings.hpp>
#include <lull/net/egress_rules.hpp>

#include <vector>

namespace lull::app {

/// What no endpoint may lead to, whatever the egress rules say: the addresses that Lull listens on, and its Redis. A
/// name in the connection string is resolved here, once; this may take as long as the system's resolver does.
std::vector<net::EgressRules::Listener> ownListeners(const config::Settings& settings);

}  // namespace lull::app
