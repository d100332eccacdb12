#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/transport_settings.hpp>
#include <lull/ports/transport.hpp>

#include <memory>

namespace lull::net {

/// The same port through cpprestsdk's http_client, for trusted networks only (EgressRules::trustedOnly): it cannot be
/// held to the address of an https name on a port other than 443, because it resolves that name again, so only names
/// that the guard allows by name are called so (else Vetoed); and it caps no response headers. `docs/transports.md` has
/// the table. `guard` must outlive it. Calls crossplat::threadpool::initialize_with_threads the first time one is made,
/// so make it before anything else in the process uses cpprestsdk.
class CppRestTransport final : public ports::Transport {
 public:
  CppRestTransport(TransportSettings settings, const AddressGuard& guard);
  ~CppRestTransport() override;
  CppRestTransport(const CppRestTransport&) = delete;
  CppRestTransport& operator=(const CppRestTransport&) = delete;

  void post(ports::HttpPost request, Callback done) override;
  /// As the port says, but what had not begun is CutOff, too: cpprestsdk does not tell.
  void stop() override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace lull::net
