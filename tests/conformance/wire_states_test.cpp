#include "conformance/wire_states.hpp"

#include "conformance/harness.hpp"

#include <lull/net/native_transport.hpp>

#include <gtest/gtest.h>

#include <atomic>

namespace lull::conformance {

namespace {

using ports::TransportFailure;
using Point = WireState::Point;
using Then = WireState::Then;

constexpr std::size_t kWithinHead = 20;
constexpr std::size_t kWithinBody = 64UL * 1024;
constexpr std::size_t kLarge = 6UL * 1024 * 1024;  // more than the buffers of both kernels take
constexpr std::size_t kSmall = 256UL * 1024;       // only sent where all of it is read at once

/// Plays one state: the receiver's side of it, and what it saw.
class Play {
 public:
  Play(const WireState& state, const Authority& authority)
      : state_(state),
        context_(authority.serverContext({.subjectAltName = "IP:127.0.0.1"})),
        receiver_([this](Connection& connection) { serve(connection); },
                  {.tls = state.tls ? context_.get() : nullptr, .address = "127.0.0.1", .receiveBuffer = 64 * 1024}) {
    net::TransportSettings settings;
    settings.caFile = authority.file().string();
    transport_ = std::make_unique<net::NativeTransport>(settings, guard_);
  }

  void run() {
    if (state_.kept) {
      ASSERT_EQ(send("/first", 0).status, 200);
      if (state_.point == Point::Before) receiver_.awaitSignals(1);
    }
    const auto answer = send("/probe", state_.point == Point::After ? kSmall : kLarge);
    const auto connections = receiver_.connections();
    const auto expected = expectedOf(state_);
    if (!overtakenByReset(answer.failure)) {
      EXPECT_EQ(answer.status, expected.status) << answer.error;
      EXPECT_EQ(answer.failure, expected.failure) << answer.error;
    }
    EXPECT_EQ(connections, expected.connections);
    EXPECT_LE(begun_.load(), expected.copies) << "copies that reached the receiver";
    if (answer.status && *answer.status < 300) {
      EXPECT_GE(wholly_.load(), 1) << "delivered, and nobody had read it";
    }
    // Whatever came before, the next request is read and answered.
    EXPECT_EQ(send("/after", 0).status, 200);
    const auto requests = receiver_.requests();
    EXPECT_TRUE(requests.back().starts_with("POST /after ")) << requests.back().substr(0, 40);
  }

 private:
  ports::HttpAnswer send(const std::string& path, std::size_t bytes) {
    Case plain{.name = "", .situation = "", .script = nullptr, .native = {}, .cppRest = {}};
    auto request = requestFor(plain, receiver_.port(), {"127.0.0.1"});
    request.target.tls = state_.tls;
    request.target.pathAndQuery = path;
    if (bytes > 0) request.body.assign(bytes, 'b');
    return post(*transport_, std::move(request)).get();
  }

  /// A reset may come before what was sent before it is read, and even before the connecting is looked at.
  bool overtakenByReset(TransportFailure failure) const {
    if (state_.then != Then::Resets) return false;
    const bool atOnce = !state_.kept && state_.point == Point::Before;
    return (atOnce && failure == TransportFailure::Connect) ||
           (expectedOf(state_).mayReset && failure == TransportFailure::Reset);
  }

  void serve(Connection& connection) {
    if (connection.index() == 0) return serveFirst(connection);
    if (connection.index() == 1 && probeIsOpen_.exchange(false)) {
      if (!readProbe(connection) || state_.nextEnds) return;
      if (!connection.send(kOk)) return;
    }
    keepAlive(connection);
  }

  void serveFirst(Connection& connection) {
    if (state_.kept && !(connection.readRequest() && connection.send(kOk))) return;
    if (!readTo(connection)) return;
    connection.send(bytesOf(state_.sends));
    connection.awaitArrival();
    if (state_.kept && state_.point == Point::Before) receiver_.signal();
    if (state_.then == Then::Resets) connection.reset();
    if (state_.then != Then::GoesOn) return;
    if (state_.point != Point::After && !readProbe(connection, state_.point == Point::Before)) return;
    if (!connection.send(restOf(state_.sends))) return;
    keepAlive(connection);
  }

  /// Reads as much of the probe as the state says.
  bool readTo(Connection& connection) {
    switch (state_.point) {
      case Point::Before:
        return true;
      case Point::InHead:
        ++begun_;
        return connection.readBytes(kWithinHead);
      case Point::InBody:
        ++begun_;
        return connection.readBytes(kWithinBody);
      case Point::After:
        return readProbe(connection);
    }
    return false;
  }

  bool readProbe(Connection& connection, bool first = true) {
    if (first && !connection.readBytes(1)) return false;
    if (first) ++begun_;
    if (!connection.readRequest()) return false;
    ++wholly_;
    return true;
  }

  const WireState state_;
  const net::AddressGuard guard_ =
      guardOf(Case{.name = "", .situation = "", .script = nullptr, .native = {}, .cppRest = {}}, Adapter::Native);
  std::atomic<int> begun_{0};                                           // copies of the probe of which a byte was read
  std::atomic<int> wholly_{0};                                          // copies that were read to the end
  std::atomic<bool> probeIsOpen_{expectedOf(state_).connections == 2};  // the next connection gets it
  Authority::Context context_;
  Receiver receiver_;
  std::unique_ptr<ports::Transport> transport_;
};

struct Group {
  bool tls;
  bool kept;
  Point point;
};

class WireStates : public ::testing::TestWithParam<Group> {};

TEST_P(WireStates, HoldThePromises) {
  const auto group = GetParam();
  const Authority authority;
  for (const auto& state : allWireStates()) {
    if (state.tls != group.tls || state.kept != group.kept || state.point != group.point) continue;
    SCOPED_TRACE(describe(state));
    Play(state, authority).run();
    if (HasFatalFailure()) return;
  }
}

std::vector<Group> allGroups() {
  std::vector<Group> groups;
  for (const bool tls : {false, true}) {
    for (const bool kept : {false, true}) {
      for (const auto point : {Point::Before, Point::InHead, Point::InBody, Point::After}) {
        groups.push_back({tls, kept, point});
      }
    }
  }
  return groups;
}

std::string nameOfGroup(const ::testing::TestParamInfo<Group>& group) {
  const std::vector<std::string> points{"Before", "InHead", "InBody", "After"};
  return std::string(group.param.tls ? "Https" : "Http") + (group.param.kept ? "Kept" : "New") +
         points.at(static_cast<std::size_t>(group.param.point));
}

INSTANTIATE_TEST_SUITE_P(Generated, WireStates, ::testing::ValuesIn(allGroups()), nameOfGroup);

TEST(AllWireStates, AreMany) {
  EXPECT_EQ(allWireStates().size(), 550U);
}

}  // namespace

}  // namespace lull::conformance
