#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/transport_settings.hpp>
#include <lull/ports/transport.hpp>

#include <memory>

namespace lull::net {

/// The transport port on cpprestsdk's http_client, for trusted networks only (EgressRules::trustedOnly). cpprestsdk
/// resolves the name of an https URL again when its port is not 443, so it cannot be held to the vetted address: such
/// names are called only when the guard allows them by name (else Vetoed). It does not limit response headers.
/// `docs/transports.md` compares the transports. `guard` must outlive it. The first one that is made calls
/// crossplat::threadpool::initialize_with_threads, so make it before anything else in the process uses cpprestsdk.
class CppRestTransport final : public ports::Transport {
 public:
  CppRestTransport(TransportSettings settings, const AddressGuard& guard);
  ~CppRestTransport() override;
  CppRestTransport(const CppRestTransport&) = delete;
  CppRestTransport& operator=(const CppRestTransport&) = delete;

  void post(ports::HttpRequest request, Callback done) override;
  /// As the port says, except that a request that had not begun ends as CutOff, too: cpprestsdk does not tell the
  /// difference.
  void stop() override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace lull::net
