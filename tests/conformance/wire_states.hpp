#pragma once

#include <lull/ports/transport.hpp>

#include <optional>
#include <string>
#include <vector>

namespace lull::conformance {

/// A small state of the wire: what a receiver does on the first connection that a request meets. Everything that can
/// come is one of these, times one another.
struct WireState {
  enum class Point { Before, InHead, InBody, After };  ///< how much of the request the receiver has read by then
  enum class Sends {
    Nothing,
    HalfStatusLine,
    Interim,
    HalfHead,
    HeadOnly,
    Whole,
    WholeAndMore,
    NoContent,
    Error,
    Garbage
  };
  enum class Then { GoesOn, Closes, Resets };  ///< goes on: reads what is left, completes what it sent, serves on

  bool tls = false;
  bool kept = false;  ///< the connection has served a request before; else it is new
  Point point = Point::Before;
  Sends sends = Sends::Nothing;
  Then then = Then::GoesOn;
  bool nextEnds = false;  ///< the next connection, if there is one, reads the request and closes; else it is well
};

/// What must come of the request.
struct WireOutcome {
  std::optional<int> status;
  ports::TransportFailure failure = ports::TransportFailure::None;
  int connections = 1;    ///< that were made in all, the kept one included
  int copies = 1;         ///< of which at least a byte reached the receiver, at most
  bool mayReset = false;  ///< a reset may overtake the bytes before it: Reset is right, too
};

std::vector<WireState> allWireStates();
WireOutcome expectedOf(const WireState& state);
/// The bytes that the receiver sends at the point, and what is missing behind them to make a whole good answer.
std::string bytesOf(WireState::Sends sends);
std::string restOf(WireState::Sends sends);
std::string describe(const WireState& state);

}  // namespace lull::conformance
