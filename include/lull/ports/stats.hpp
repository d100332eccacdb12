#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

/// The numbers belong together (I8): created + revived = delivered + superseded + deadLettered + cancelled + pending.
/// One script reads them for 2,000 endpoints; with more, what is measured (pending, inFlight, oldestDueAge) is the sum
/// of several moments, and exact when nothing moves.
struct FleetCounters {
  std::uint64_t eventsAccepted = 0;
  std::uint64_t eventsCoalesced = 0;  ///< accepted events that joined an open window
  std::uint64_t created = 0;
  std::uint64_t revived = 0;
  std::uint64_t delivered = 0;
  std::uint64_t superseded = 0;
  std::uint64_t deadLettered = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t dropped = 0;  ///< not created, because the endpoint had as many as it may have (EndpointState::missed)
  std::uint64_t streamDepth = 0;  ///< accepted events that wait to be fanned out to endpoints that take every one
  std::uint64_t pending = 0;      ///< measured: waiting + leased + successors
  std::uint64_t inFlight = 0;
  std::uint64_t windowsOpen = 0;
  std::uint64_t deadLetters = 0;
  std::map<std::string, std::uint64_t> deadLettersRemoved;  ///< by reason: purged, expired, retried, unreadable
  std::uint64_t unreadable = 0;                             ///< stored values that could not be read and were set aside
  Millis oldestDueAge{0};  ///< of windows, of the stream and of messages that may be sent; not of those in mailboxes
  std::uint64_t mailboxes = 0;     ///< measured
  std::uint64_t mailboxDepth = 0;  ///< measured: the messages in all of them, locked ones included
  Millis mailboxOldestAge{0};      ///< since the event of the oldest one of these was accepted; 0: there is none
};

/// Events of the last minute, per second.
struct Rates {
  double accepted = 0;
  double delivered = 0;
  double deadLettered = 0;
};

class Stats {
 public:
  virtual ~Stats() = default;
  virtual Result<FleetCounters> counters() = 0;
  virtual Result<Rates> rates() = 0;
  /// Quick: answers whether the store can be read and written right now. Its error says what is wrong.
  virtual Status ready() = 0;
};

}  // namespace lull::ports
