#pragma once

#include "wire_connection.hpp"
#include "wire_parts.hpp"

#include <lull/ports/transport.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::net {

/// "192.0.2.1:443", "[2001:db8::1]:443".
std::string placeOf(const IpAddress& address, std::uint16_t port);

/// Makes one TCP connection out of several addresses, "Happy Eyeballs" (RFC 8305 section 5): the next address gets its
/// turn when the one before it has failed or been silent for 250 ms, and the first to connect wins. Asks the guard for
/// each socket. Waits a little when this machine has no descriptor, port or memory left. Belongs to the loop's thread.
class WireConnector : public std::enable_shared_from_this<WireConnector> {
 public:
  struct Ended {
    std::shared_ptr<WireConnection> connection;  ///< or null and why
    ports::TransportFailure failure = ports::TransportFailure::None;
    std::string error;
  };
  using Done = std::function<void(Ended)>;

  /// `parts` and `target` outlive the connector while it runs.
  WireConnector(WireParts& parts, const ports::Target& target, std::string origin);
  /// `done` follows exactly once, possibly before this returns, unless stop() comes first.
  void start(std::vector<IpAddress> addresses, Done done);
  void stop();

 private:
  struct Try {
    WireSocket socket;
    IpAddress address;
  };
  using Tries = std::list<Try>;

  void tryNext();
  /// Starts to connect; an error when no socket can be made.
  WireError begin(const IpAddress& address);
  void connected(Tries::iterator which, const WireError& error);
  bool isOurExhaustion(const WireError& error, const IpAddress& address) const;
  void waitForRoom();
  void noteFailure(const IpAddress& address, const WireError& error);
  void endIfNothingIsLeft();
  void end(Ended ended);

  WireParts& parts_;
  const ports::Target& target_;
  const std::string origin_;
  std::deque<IpAddress> left_;
  Tries running_;
  Done done_;
  WireTimers::Handle next_;
  int waits_ = 0;
  bool exhausted_ = false;
  std::string firstFailure_;
  std::string veto_;
};

}  // namespace lull::net
