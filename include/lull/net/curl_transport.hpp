#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/transport_settings.hpp>
#include <lull/ports/transport.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace lull::net {

/// The default transport: libcurl's multi interface with epoll on one thread named "curl". Connects to the vetted
/// address only and asks the guard again for each socket; verifies certificates for the name in the URL; TLS 1.2 or
/// newer; HTTP/1.1; no proxy, no redirect, no cookie, no decompression. `guard` must outlive it.
class CurlTransport final : public ports::Transport {
 public:
  CurlTransport(TransportSettings settings, const AddressGuard& guard);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void post(ports::HttpPost request, Callback done) override;
  void stop() override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace lull::net
