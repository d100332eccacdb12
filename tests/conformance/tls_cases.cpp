#include "conformance/cases.hpp"

#include <gtest/gtest.h>

namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

void expectNothingSent(const Observed& observed) {
  EXPECT_TRUE(observed.receiver.requests().empty());
}

}  // namespace

std::vector<Case> tlsCases() {
  const std::string name = "hooks.example.test";
  return {
      {.name = "TlsByName",
       .situation = "https on any port, a name that the system resolves",
       .script = keepAlive,
       .native = answered(200),
       .cppRest = answered(200, "resolves the name by itself"),
       .certificate = {{"DNS:localhost"}},
       .host = "localhost",
       .check = [](const Observed& observed) { EXPECT_EQ(observed.receiver.serverName(), "localhost"); }},
      {.name = "TlsPinned",
       .situation = "https on any port, a name pinned to an IPv4 address",
       .script = keepAlive,
       .native = answered(200, "with the right SNI"),
       .cppRest = fails(TransportFailure::Reset, "resolves the name by itself, in vain"),
       .certificate = {{"DNS:" + name}},
       .host = name,
       .check =
           [name](const Observed& observed) {
             if (observed.adapter == Adapter::Native) {
               EXPECT_EQ(observed.receiver.serverName(), name);
             }
           }},
      {.name = "TlsPinnedV6",
       .situation = "https on any port, a name pinned to an IPv6 address",
       .script = keepAlive,
       .native = answered(200, "with the right SNI"),
       .cppRest = fails(TransportFailure::Reset, "resolves the name by itself, in vain"),
       .options = {.v6 = true},
       .certificate = {{"DNS:" + name}},
       .host = name,
       .addresses = {"::1"}},
      {.name = "TlsUnnamed",
       .situation = "https on any port, a name that Egress:AllowedHosts does not have",
       .script = keepAlive,
       .native = answered(200, "with the right SNI"),
       .cppRest = fails(TransportFailure::Vetoed, "would resolve the name by itself"),
       .certificate = {{"DNS:stranger.example.test"}},
       .host = "stranger.example.test",
       .check =
           [](const Observed& observed) {
             if (observed.adapter == Adapter::CppRest) {
               EXPECT_EQ(observed.receiver.connections(), 0);
             }
           }},
      {.name = "TlsLiteral",
       .situation = "https, an IPv4 literal",
       .script = keepAlive,
       .native = answered(200),
       .cppRest = answered(200),
       .certificate = {{"IP:127.0.0.1"}}},
      {.name = "TlsKeepsConnections",
       .situation = "three https posts, one after the other",
       .script = keepAlive,
       .native = answered(200, "one connection"),
       .cppRest = answered(200, "mostly one connection"),
       .certificate = {{"DNS:localhost"}},
       .host = "localhost",
       .addresses = {"127.0.0.1", "127.0.0.1", "127.0.0.1"},
       .check =
           [](const Observed& observed) {
             EXPECT_LE(observed.receiver.connections(), observed.adapter == Adapter::Native ? 1 : 2);
           }},
      {.name = "TlsWrongName",
       .situation = "a certificate for another name",
       .script = keepAlive,
       .native = fails(TransportFailure::Tls),
       .cppRest = fails(TransportFailure::Reset, "refused, but not told apart"),
       .certificate = {{"DNS:other.test"}},
       .host = "localhost",
       .check = expectNothingSent},
      {.name = "TlsUnknownAuthority",
       .situation = "a certificate of an unknown authority",
       .script = keepAlive,
       .native = fails(TransportFailure::Tls),
       .cppRest = fails(TransportFailure::Reset, "refused, but not told apart"),
       .certificate = {{"DNS:localhost"}},
       .trusted = false,
       .host = "localhost",
       .check = expectNothingSent},
      {.name = "TlsExpired",
       .situation = "an expired certificate",
       .script = keepAlive,
       .native = fails(TransportFailure::Tls),
       .cppRest = fails(TransportFailure::Reset, "refused, but not told apart"),
       .certificate = {{.subjectAltName = "DNS:localhost", .expired = true}},
       .host = "localhost",
       .check = expectNothingSent},
      {.name = "TlsNameInSubjectOnly",
       .situation = "a certificate whose subject has the name, without a subjectAltName",
       .script = keepAlive,
       .native = fails(TransportFailure::Tls),
       .cppRest = answered(200, "accepted"),
       .certificate = {{.subjectAltName = "", .commonName = "localhost"}},
       .host = "localhost",
       .check =
           [](const Observed& observed) {
             if (observed.adapter == Adapter::Native) expectNothingSent(observed);
           }},
      {.name = "TlsAsksForClientCertificate",
       .situation = "TLS 1.3 that asks for a certificate of ours, which is told after the handshake",
       .script = keepAlive,
       .native = fails(TransportFailure::Tls, "with the receiver's reason"),
       .cppRest = fails(TransportFailure::Reset, "refused, but not told apart"),
       .certificate = {{.subjectAltName = "DNS:localhost", .asksForClient = true}},
       .host = "localhost",
       .check =
           [](const Observed& observed) {
             if (observed.adapter == Adapter::Native) {
               EXPECT_NE(observed.last.error.find("certificate required"), std::string::npos) << observed.last.error;
             }
           }},
      {.name = "PlainHttpOnHttps",
       .situation = "plain http where https was asked for",
       .script =
           [](Connection& connection) {
             connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
             connection.awaitClose();
           },
       .native = fails(TransportFailure::Tls),
       .cppRest = fails(TransportFailure::Reset, "refused, but not told apart"),
       .https = true,
       .host = "localhost"},
      {.name = "TlsReset",
       .situation = "resets within the TLS handshake",
       .script =
           [](Connection& connection) {
             connection.pause(50ms);  // the first message of the handshake has come
             connection.reset();
           },
       .native = fails(TransportFailure::Tls),
       .cppRest = fails(TransportFailure::Reset),
       .https = true,
       .host = "localhost"},
      {.name = "TlsResetAfterHandshake",
       .situation = "resets after the TLS handshake",
       .script = [](Connection& connection) { connection.reset(); },
       .native = fails(TransportFailure::Reset),
       .cppRest = fails(TransportFailure::Reset),
       .certificate = {{"DNS:localhost"}},
       .host = "localhost"},
      {.name = "TlsNeverEnds",
       .situation = "never answers the TLS handshake",
       .script = [](Connection& connection) { connection.awaitClose(); },
       .native = fails(TransportFailure::Timeout),
       .cppRest = fails(TransportFailure::Timeout),
       .https = true,
       .host = "localhost",
       .timeout = 400ms,
       .check = [](const Observed& observed) { EXPECT_LT(observed.elapsed, 1500ms); }},
  };
}

}  // namespace lull::conformance
