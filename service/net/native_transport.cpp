#include "wire_loop.hpp"

#include <lull/net/native_transport.hpp>

#include <utility>

namespace lull::net {

NativeTransport::NativeTransport(const TransportSettings& settings, const AddressGuard& guard)
    : loop_(std::make_unique<WireLoop>("wire", settings, guard)) {}

NativeTransport::~NativeTransport() = default;

void NativeTransport::post(ports::HttpRequest request, Callback done) {
  loop_->start({std::move(request), std::move(done), std::chrono::steady_clock::now()});
}

void NativeTransport::stop() {
  loop_->stop();
}

}  // namespace lull::net
