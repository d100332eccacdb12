#include "make_transport.hpp"

#include "settings_mapping.hpp"

#include <lull/net/cpprest_transport.hpp>
#include <lull/net/native_transport.hpp>

namespace lull::app {

std::unique_ptr<ports::Transport> makeTransport(const config::Settings& settings, const net::AddressGuard& guard) {
  const auto transport = transportSettings(settings);
  if (settings.delivery.transport == config::TransportKind::CppRest)
    return std::make_unique<net::CppRestTransport>(transport, guard);
  return std::make_unique<net::NativeTransport>(transport, guard);
}

}  // namespace lull::app
