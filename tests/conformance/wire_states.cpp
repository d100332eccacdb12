#include "conformance/wire_states.hpp"

#include "conformance/cases.hpp"

namespace lull::conformance {

namespace {

using ports::TransportFailure;
using Point = WireState::Point;
using Sends = WireState::Sends;
using Then = WireState::Then;

/// True when the answer's status counts as soon as these bytes have come.
bool hasHead(Sends sends) {
  return sends == Sends::HeadOnly || sends == Sends::Whole || sends == Sends::WholeAndMore ||
         sends == Sends::NoContent || sends == Sends::Error;
}

WireOutcome failed(TransportFailure failure) {
  WireOutcome outcome;
  outcome.failure = failure;
  return outcome;
}

WireOutcome with(int status) {
  WireOutcome outcome;
  outcome.status = status;
  return outcome;
}

/// The request goes, or goes again, to a connection that is made now.
WireOutcome onTheNext(const WireState& state, int copies) {
  auto outcome = state.nextEnds ? failed(TransportFailure::Reset) : with(200);
  outcome.connections = 2;
  outcome.copies = copies;
  return outcome;
}

int statusOf(Sends sends) {
  if (sends == Sends::Error) return 500;
  return sends == Sends::NoContent ? 204 : 200;
}

}  // namespace

WireOutcome expectedOf(const WireState& state) {
  const bool ends = state.then != Then::GoesOn;
  const bool silent = state.sends == Sends::Nothing;
  // What comes on a connection that waits ends it before anything is sent on it.
  if (state.kept && state.point == Point::Before && (ends || !silent)) return onTheNext(state, 1);
  // A kept connection that ends without a byte: once more, on a new one.
  if (state.kept && silent && ends) return onTheNext(state, 2);
  if (state.sends == Sends::Garbage) return failed(TransportFailure::Protocol);
  const bool early = state.point != Point::After;
  const bool startedEarly = early && !silent && state.sends != Sends::Interim;
  if (ends && !hasHead(state.sends)) return failed(TransportFailure::Reset);
  const int status = statusOf(state.sends);
  auto outcome = startedEarly && status < 400 ? failed(TransportFailure::Protocol) : with(status);
  outcome.mayReset = state.then == Then::Resets;
  return outcome;
}

std::vector<WireState> allWireStates() {
  std::vector<WireState> states;
  for (const bool tls : {false, true}) {
    for (const bool kept : {false, true}) {
      for (const auto point : {Point::Before, Point::InHead, Point::InBody, Point::After}) {
        for (int sends = 0; sends <= static_cast<int>(Sends::Garbage); ++sends) {
          for (const auto then : {Then::GoesOn, Then::Closes, Then::Resets}) {
            WireState state{tls, kept, point, static_cast<Sends>(sends), then, false};
            states.push_back(state);
            state.nextEnds = true;
            if (expectedOf(state).connections == 2) states.push_back(state);
          }
        }
      }
    }
  }
  return states;
}

std::string bytesOf(Sends sends) {
  switch (sends) {
    case Sends::Nothing:
      return "";
    case Sends::HalfStatusLine:
      return "HTTP/1.1 2";
    case Sends::Interim:
      return "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    case Sends::HalfHead:
      return "HTTP/1.1 200 OK\r\nContent-Len";
    case Sends::HeadOnly:
      return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    case Sends::Whole:
      return kOk;
    case Sends::WholeAndMore:
      return kOk + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    case Sends::NoContent:
      return "HTTP/1.1 204 No Content\r\n\r\n";
    case Sends::Error:
      return "HTTP/1.1 500 Sorry\r\nContent-Length: 0\r\n\r\n";
    case Sends::Garbage:
      return "220 mail.example.test ESMTP\r\n";
  }
  return "";
}

std::string restOf(Sends sends) {
  switch (sends) {
    case Sends::Nothing:
    case Sends::Interim:
      return kOk;
    case Sends::HalfStatusLine:
    case Sends::HalfHead:
      return kOk.substr(bytesOf(sends).size());
    case Sends::HeadOnly:
      return "hello";
    default:
      return "";
  }
}

std::string describe(const WireState& state) {
  const std::vector<std::string> points{"before the request", "within its head", "within its body", "after it"};
  const std::vector<std::string> thens{"goes on", "closes", "resets"};
  return std::string(state.tls ? "https, " : "http, ") + (state.kept ? "kept" : "new") + ", " +
         points.at(static_cast<std::size_t>(state.point)) + " sends \"" + bytesOf(state.sends) + "\" and " +
         thens.at(static_cast<std::size_t>(state.then)) + "; the next connection " +
         (state.nextEnds ? "reads and closes" : "is well");
}

}  // namespace lull::conformance
