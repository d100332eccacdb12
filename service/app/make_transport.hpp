#pragma once

#include <lull/config/settings.hpp>
#include <lull/net/address_guard.hpp>
#include <lull/ports/transport.hpp>

#include <memory>

namespace lull::app {

/// The transport that the settings name. `guard` outlives it.
std::unique_ptr<ports::Transport> makeTransport(const config::Settings& settings, const net::AddressGuard& guard);

}  // namespace lull::app
