#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::ports {

enum class BrokerState : std::uint8_t {
  Idle,         ///< no endpoint names it
  Connecting,   ///< for the first time
  Connected,    ///< it takes messages
  Blocked,      ///< it is connected and takes none
  Away,         ///< there is no connection, or none that lasts
  Unavailable,  ///< this build or these settings have no way to it
};
inline constexpr std::array<std::string_view, 6> kBrokerStates{"idle",    "connecting", "connected",
                                                               "blocked", "away",       "unavailable"};

constexpr std::string_view toString(BrokerState state) {
  return kBrokerStates.at(static_cast<std::size_t>(state));
}

/// Its endpoints wait until somebody, or the broker itself, does something about it.
constexpr bool isTrouble(BrokerState state) {
  return state == BrokerState::Blocked || state == BrokerState::Away || state == BrokerState::Unavailable;
}

/// What this process knows of the way to a broker.
struct BrokerLink {
  BrokerState state = BrokerState::Idle;
  std::optional<Instant> since{};  ///< by this host's clock; absent: since the start
  std::string lastError{};      ///< why it is Blocked, Away or Unavailable, as a sentence without a secret; else empty
  std::uint64_t inFlight = 0;   ///< messages that it holds: published and not confirmed, or about to be published
  std::uint64_t confirmed = 0;  ///< since the start of this process
};

/// One way to one broker. Endpoints of both channels may name the same broker of the settings: then there are two.
struct BrokerStatus {
  std::string name;
  std::string protocol;  ///< "rabbitmq" (AMQP 0-9-1), "amqp" (1.0), "stomp"; empty: no endpoint has said so yet
  BrokerLink link{};
  std::vector<EndpointId> endpoints{};  ///< those that name it
  bool inSettings = true;
};

/// Brokers as this process sees them. Thread-safe.
class Brokers {
 public:
  virtual ~Brokers() = default;
  /// All that the settings name, in their order, then those that only endpoints name. Does no I/O.
  virtual std::vector<BrokerStatus> list() const = 0;
};

}  // namespace lull::ports
