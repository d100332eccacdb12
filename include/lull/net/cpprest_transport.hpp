#pragma once

#include <lull/net/curl_transport.hpp>
#include <lull/ports/transport.hpp>

#include <memory>

namespace lull::net {

/// The same port through cpprestsdk's http_client, for trusted networks only: it cannot be held to the address of an
/// https name on a port other than 443 (it resolves that name again), and it caps no response headers.
/// `docs/transports.md` has the table. Calls crossplat::threadpool::initialize_with_threads the first time one is made,
/// so make it before anything else in the process uses cpprestsdk.
class CppRestTransport final : public ports::Transport {
 public:
  explicit CppRestTransport(TransportSettings settings);
  ~CppRestTransport() override;
  CppRestTransport(const CppRestTransport&) = delete;
  CppRestTransport& operator=(const CppRestTransport&) = delete;

  void post(ports::HttpPost request, Callback done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace lull::net
