#include "conformance/cases.hpp"
#include "conformance/variants.hpp"

#include <gtest/gtest.h>

namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

/// Answers the first request; then sends `stray` on the connection that waits, unasked, and closes it. Every other
/// connection is well.
Receiver::Script straysAfter(std::string answer, std::string stray) {
  return [=](Connection& connection) {
    if (connection.index() > 0) return keepAlive(connection);
    if (!connection.readRequest() || !connection.send(answer)) return;
    connection.awaitArrival();
    connection.pause(20ms);  // the sender has taken the answer and keeps the connection
    connection.send(stray);
    connection.awaitArrival();
    connection.receiver().signal();
  };
}

/// The second request was read, once.
void expectBothRead(const Observed& observed) {
  if (observed.adapter == Adapter::CppRest) return;
  EXPECT_EQ(observed.receiver.requests().size(), 2U) << "an answer to what nobody read, or a second copy";
  EXPECT_EQ(observed.receiver.connections(), 2);
}

constexpr std::size_t kLarge = 6UL * 1024 * 1024;  // more than the buffers of both kernels take
const Receiver::Options kSmallBuffer{.receiveBuffer = 64 * 1024};
constexpr std::size_t kPart = 64UL * 1024;

/// Answers when it has read a part of the request, and reads the rest or does not.
Receiver::Script answersEarly(std::string answer, bool readsOn) {
  return [=](Connection& connection) {
    if (!connection.readBytes(kPart) || !connection.send(answer)) return;
    connection.awaitArrival();
    if (readsOn) connection.awaitClose();
  };
}

}  // namespace

std::vector<Case> framingCases() {
  const std::string empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const std::string timedOut = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const std::vector<std::string> twice{"127.0.0.1", "127.0.0.1"};
  std::vector<Case> cases;
  append(cases, overHttpAndHttps({.name = "AnswerWhileIdle",
                                  .situation = "an answer that nobody asked for comes on a kept connection",
                                  .script = straysAfter(kOk, empty),
                                  .native = answered(200, "read by the receiver, on a new connection"),
                                  .cppRest = answered(200, "may take that answer for its own"),
                                  .addresses = twice,
                                  .signalled = true,
                                  .check = expectBothRead}));
  append(cases, overHttpAndHttps({.name = "TimeoutWhileIdle",
                                  .situation = "408 comes on a kept connection",
                                  .script = straysAfter(kOk, timedOut),
                                  .native = answered(200, "read by the receiver, on a new connection"),
                                  .cppRest = answeredEither(200, 408, "may take that 408 for its answer"),
                                  .addresses = twice,
                                  .signalled = true,
                                  .check = expectBothRead}));
  append(cases, overHttpAndHttps({.name = "BodyAfter204",
                                  .situation = "a body comes after a 204",
                                  .script = straysAfter("HTTP/1.1 204 No Content\r\n\r\n", "hello"),
                                  .native = answered(200, "read by the receiver, on a new connection"),
                                  .cppRest = answered(200),
                                  .addresses = twice,
                                  .signalled = true,
                                  .check = expectBothRead}));
  append(cases, overHttpAndHttps({.name = "AnswerBehindAnswer",
                                  .situation = "the bytes of another answer stand behind an answer",
                                  .script =
                                      [=](Connection& connection) {
                                        if (connection.index() > 0) return keepAlive(connection);
                                        if (connection.readRequest()) connection.send(kOk + empty);
                                        connection.awaitArrival();
                                        connection.receiver().signal();
                                      },
                                  .native = answered(200, "read by the receiver, on a new connection"),
                                  .cppRest = answered(200, "may be those bytes"),
                                  .addresses = twice,
                                  .signalled = true,
                                  .check = expectBothRead}));
  append(cases, overHttpAndHttps({.name = "EarlySuccess",
                                  .situation = "200 before the request was read, then nothing more is read",
                                  .script = answersEarly(kOk, false),
                                  .native = fails(TransportFailure::Protocol, "not taken for an answer"),
                                  .cppRest = fails(TransportFailure::Reset),
                                  .options = kSmallBuffer,
                                  .bodyBytes = kLarge}));
  append(cases, overHttpAndHttps({.name = "EarlySuccessReadsOn",
                                  .situation = "200 before the request was read, which is then read and dropped",
                                  .script = answersEarly(kOk, true),
                                  .native = fails(TransportFailure::Protocol, "not taken for an answer"),
                                  .cppRest = answered(200, "taken for an answer"),
                                  .options = kSmallBuffer,
                                  .bodyBytes = kLarge}));
  append(cases, overHttpAndHttps({.name = "EarlyError",
                                  .situation = "413 before the request was read",
                                  .script = answersEarly("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", false),
                                  .native = answered(413),
                                  .cppRest = fails(TransportFailure::Reset),
                                  .options = kSmallBuffer,
                                  .bodyBytes = kLarge}));
  return cases;
}

}  // namespace lull::conformance
