#pragma once

#include <lull/net/address_guard.hpp>
#include <lull/net/transport_settings.hpp>
#include <lull/ports/transport.hpp>

#include <memory>

namespace lull::net {

class WireLoop;

/// The default transport: Boost.Asio and OpenSSL on one thread named "wire". It connects only to vetted addresses, asks
/// the guard again for each socket, and tries the next address when one is silent (RFC 8305). It verifies certificates
/// for the name in the URL by their subjectAltName only, and speaks TLS 1.2 or newer and HTTP/1.1. It uses no proxy and
/// no cookies, follows no redirect and decompresses nothing. A request is sent a second time only when a kept
/// connection ended before any byte of an answer, and then on a new one. `guard` must outlive it. The constructor
/// throws std::runtime_error when the authorities cannot be read.
class NativeTransport final : public ports::Transport {
 public:
  NativeTransport(const TransportSettings& settings, const AddressGuard& guard);
  ~NativeTransport() override;
  NativeTransport(const NativeTransport&) = delete;
  NativeTransport& operator=(const NativeTransport&) = delete;

  void post(ports::HttpRequest request, Callback done) override;
  /// Joins the thread.
  void stop() override;

 private:
  std::unique_ptr<WireLoop> loop_;
};

}  // namespace lull::net
