#include "wire_connector.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace lull::net {

namespace {

using ports::TransportFailure;
constexpr std::chrono::milliseconds kNextAddressAfter{250};  // RFC 8305 section 5, "Connection Attempt Delay"
constexpr std::chrono::milliseconds kFirstWaitForRoom{100};
// 0.7 s in all, so that no attempt starts a second after its endpoint was paused or deleted.
constexpr int kMostWaitsForRoom = 3;

using SocketAddress = boost::asio::ip::tcp::endpoint;

SocketAddress endpointOf(const IpAddress& address, std::uint16_t port) {
  namespace ip = boost::asio::ip;
  if (address.isV4()) return {ip::address_v4(address.v4Value()), port};
  return {ip::address_v6(address.bytes()), port};
}

/// Whether this machine has an address from which it can reach that one. It connects a UDP socket, which sends nothing
/// and uses up no TCP port.
bool hasSourceFor(const SocketAddress& endpoint) {
  const int probe = socket(endpoint.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool reachable = connect(probe, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0;
  close(probe);
  return reachable;
}

}  // namespace

std::string placeOf(const IpAddress& address, std::uint16_t port) {
  return (address.isV4() ? address.text() : "[" + address.text() + "]") + ":" + std::to_string(port);
}

WireConnector::WireConnector(WireParts& parts, const ports::Target& target, std::string origin)
    : parts_(parts), target_(target), origin_(std::move(origin)) {}

void WireConnector::start(std::vector<IpAddress> addresses, Done done) {
  left_.assign(addresses.begin(), addresses.end());
  done_ = std::move(done);
  tryNext();
}

void WireConnector::stop() {
  done_ = nullptr;
  next_.cancel();
  left_.clear();
  running_.clear();  // their handlers are called with an error and find no attempt
}

void WireConnector::tryNext() {
  const auto self = shared_from_this();
  while (!left_.empty()) {
    const auto address = left_.front();
    if (auto refused = parts_.guard.refuse(target_.host, address, target_.port)) {
      veto_ = *std::move(refused);
      left_.pop_front();
      continue;
    }
    const auto error = begin(address);
    if (!error) {
      exhausted_ = false;
      left_.pop_front();
      if (!left_.empty()) {
        next_ = parts_.timers.at(std::chrono::steady_clock::now() + kNextAddressAfter, [this] { tryNext(); });
      }
      return;
    }
    if (isOurExhaustion(error, address)) {
      if (parts_.kept.dropOldest()) continue;  // closing an idle connection frees what this one needs
      return waitForRoom();
    }
    noteFailure(address, error);
    left_.pop_front();
  }
  endIfNothingIsLeft();
}

WireError WireConnector::begin(const IpAddress& address) {
  const auto endpoint = endpointOf(address, target_.port);
  WireSocket socket(parts_.context);
  WireError error;
  socket.open(endpoint.protocol(), error);
  if (error) return error;
  const auto which = running_.insert(running_.end(), Try{std::move(socket), address});
  which->socket.async_connect(endpoint, [self = shared_from_this(), which](const WireError& failed) {
    if (self->done_) self->connected(which, failed);
  });
  return {};
}

void WireConnector::connected(Tries::iterator which, const WireError& error) {
  auto socket = std::move(which->socket);
  const auto address = which->address;
  running_.erase(which);
  if (!error) {
    return end({std::make_shared<WireConnection>(std::move(socket), origin_, address), TransportFailure::None, ""});
  }
  WireError ignored;
  socket.close(ignored);  // first, because the callback may need the descriptor
  next_.cancel();
  if (isOurExhaustion(error, address)) {
    left_.push_front(address);
    return waitForRoom();
  }
  noteFailure(address, error);
  tryNext();
}

bool WireConnector::isOurExhaustion(const WireError& error, const IpAddress& address) const {
  switch (error.value()) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return true;
    case EADDRNOTAVAIL:  // no port is left; but also: this machine has no address of that family
      return hasSourceFor(endpointOf(address, target_.port));
    default:
      return false;
  }
}

void WireConnector::waitForRoom() {
  exhausted_ = true;
  if (waits_ == kMostWaitsForRoom) {
    left_.clear();
    return endIfNothingIsLeft();
  }
  next_ =
      parts_.timers.at(std::chrono::steady_clock::now() + kFirstWaitForRoom * (1 << waits_++), [this] { tryNext(); });
}

void WireConnector::noteFailure(const IpAddress& address, const WireError& error) {
  if (!firstFailure_.empty()) return;
  firstFailure_ = "Could not connect to " + placeOf(address, target_.port) + ": " + error.message() + ".";
}

void WireConnector::endIfNothingIsLeft() {
  if (!left_.empty() || !running_.empty()) return;
  if (exhausted_) {
    return end({nullptr, TransportFailure::Exhausted,
                "This machine has no descriptor, port or memory left for another connection."});
  }
  if (!firstFailure_.empty()) return end({nullptr, TransportFailure::Connect, firstFailure_});
  end({nullptr, TransportFailure::Vetoed, veto_});
}

void WireConnector::end(Ended ended) {
  const auto done = std::exchange(done_, nullptr);
  stop();
  if (done) done(std::move(ended));
}

}  // namespace lull::net
