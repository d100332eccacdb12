// What fetches the keys of a token issuer, against servers that are slow, wrong or hostile.
#include "footprint.hpp"
#include "support/certificates.hpp"
#include "support/receiver.hpp"

#include <lull/net/native_documents.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace lull::conformance {
namespace {

using namespace std::chrono_literals;
using lull::testing::Authority;
using lull::testing::Connection;
using lull::testing::Receiver;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kKeys = R"({"keys":[]})";

std::string answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// Reads the request, then sends these bytes.
Receiver::Script sends(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    if (connection.readRequest()) connection.send(bytes);
  };
}

class KeyDocuments : public ::testing::Test {
 protected:
  Result<std::string> get(const std::string& url, Millis deadline = 5s) {
    net::NativeDocuments documents(resolver, {caFile, deadline});
    const auto since = std::chrono::steady_clock::now();
    auto result = documents.get(url);
    took = std::chrono::steady_clock::now() - since;
    return result;
  }
  static std::string urlOf(const Receiver& receiver, const std::string& scheme = "http",
                           const std::string& host = "127.0.0.1") {
    return scheme + "://" + host + ":" + std::to_string(receiver.port()) + "/realms/x/jwks?a=%20b";
  }
  /// Not fetched, and the error tells nothing of what came.
  void refuses(Receiver::Script script, const std::string& because, Millis deadline = 5s) {
    const Receiver receiver(std::move(script), {});
    const auto result = get(urlOf(receiver), deadline);
    ASSERT_FALSE(result) << because;
    EXPECT_THAT(result.error().message, HasSubstr(because));
    EXPECT_THAT(result.error().message, Not(HasSubstr("secret")));
  }

  net::Resolver resolver;
  std::string caFile;
  std::chrono::steady_clock::duration took{};
};

TEST_F(KeyDocuments, AreFetchedWholeWithTheirPathAndQuery) {
  const Receiver receiver(sends(answer(kKeys)), {});
  const auto result = get(urlOf(receiver));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, kKeys);
  ASSERT_EQ(receiver.requests().size(), 1U);
  EXPECT_THAT(receiver.requests()[0], ::testing::StartsWith("GET /realms/x/jwks?a=%20b HTTP/1.1\r\n"));
  EXPECT_TRUE(lull::testing::hasHeader(receiver.requests()[0], "Host", "127.0.0.1:" + std::to_string(receiver.port())));
}

TEST_F(KeyDocuments, AreFetchedInChunksByNameAndOverIpv6) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"key\r\n6\r\ns\":[]}\r\n0\r\n\r\n";
  const Receiver v4(sends(chunked), {});
  EXPECT_EQ(*get(urlOf(v4, "http", "localhost")), kKeys);
  const Receiver v6(sends(chunked), {.v6 = true});
  const auto result = get(urlOf(v6, "http", "[::1]"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, kKeys);
}

TEST_F(KeyDocuments, OnlyA200IsADocumentAndNoRedirectIsFollowed) {
  const Receiver target(sends(answer(kKeys)), {});
  for (const std::string status :
       {"301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"}) {
    refuses(sends("HTTP/1.1 " + status + "\r\nLocation: " + urlOf(target) + "\r\nContent-Length: 0\r\n\r\n"),
            status.substr(0, 3));
  }
  EXPECT_EQ(target.connections(), 0);
  for (const std::string status : {"204 No Content", "401 Unauthorized", "404 Not Found", "500 Oops", "503 Busy"}) {
    refuses(sends("HTTP/1.1 " + status + "\r\nContent-Length: 6\r\n\r\nsecret"), status.substr(0, 3));
  }
}

TEST_F(KeyDocuments, ABodyOverTheCapIsNone) {
  refuses(sends(answer(std::string(300UL * 1024, ' '))), "too long");
  refuses(
      [](Connection& connection) {
        if (!connection.readRequest()) return;
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
        while (connection.send(chunk)) {
        }
      },
      "too long");
  EXPECT_LT(took, 4s) << "it is cut off at the cap and not read on until the deadline";
}

TEST_F(KeyDocuments, AnIssuerThatSendsWithoutEndCostsNoMoreThanTheCap) {
  const std::string piece(std::size_t{64} * 1024, 'a');
  std::string lines;
  while (lines.size() < piece.size()) lines += "X-Secret: secret\r\n";
  struct Endless {
    std::string begin;
    std::string on;
    std::string because;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<Endless> endless = {
      {ok + "X-Secret: ", piece, "longer than 32 KiB"},
      {ok, lines, "longer than 32 KiB"},
      {"", "HTTP/1.1 103 Early Hints\r\nLink: secret\r\n\r\n", "longer than 32 KiB"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n80000000\r\n", piece, "too long"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n1;", piece, "too long"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", lines, "too long"},
      {ok + "Content-Length: 9999999999\r\n\r\n", piece, "too long"},
      {ok + "\r\n", piece, "too long"},
  };
  net::NativeDocuments documents(resolver, {caFile, 5s});
  const auto fetch = [&](Receiver::Script script) {
    const Receiver receiver(std::move(script), {});
    const auto result = documents.get(urlOf(receiver));
    return result ? "fetched" : result.error().message;
  };
  fetch(sends(answer(std::string(300UL * 1024, ' '))));  // what is made once is not what is measured
  for (const auto& each : endless) {
    std::atomic<std::size_t> sent = 0;
    const auto script = [&](Connection& connection) {
      if (!connection.readRequest() || !connection.send(each.begin)) return;
      while (sent < 64UL * 1024 * 1024 && connection.send(each.on)) sent += each.on.size();
    };
    const Footprint footprint;
    EXPECT_THAT(fetch(script), ::testing::AllOf(HasSubstr(each.because), Not(HasSubstr("secret"))));
    EXPECT_LT(footprint.growthKiB(), 4096U) << each.because << " after " << each.begin;
    EXPECT_LT(sent, 16UL * 1024 * 1024) << "the sockets hold a few MiB, more was not wanted: " << each.begin;
  }
}

TEST_F(KeyDocuments, AnAnswerThatBreaksOffIsNone) {
  refuses(sends("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[]}"), "broke off");
  refuses([](Connection& connection) { connection.readRequest(); }, "closed the connection");
  refuses(
      [](Connection& connection) {
        connection.readBytes(1);
        connection.reset();
      },
      "closed the connection");
  refuses(sends("SSH-2.0-OpenSSH_9.2\r\n"), "not valid HTTP");
}

TEST_F(KeyDocuments, TheDeadlineIsTotal) {
  const auto drip = [](Connection& connection, const std::string& head) {
    if (!connection.readRequest() || !connection.send(head)) return;
    while (connection.pause(20ms) && connection.send(" ")) {
    }
  };
  refuses([&](Connection& connection) { drip(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"); },
          "in time", 400ms);
  EXPECT_LT(took, 3s);
  refuses([&](Connection& connection) { drip(connection, "HTTP/1.1 200 OK\r\nX:"); }, "in time", 400ms);
  refuses([](Connection& connection) { connection.awaitClose(); }, "in time", 400ms);
}

TEST_F(KeyDocuments, StoppingEndsAFetch) {
  const Receiver receiver([](Connection& connection) { connection.awaitClose(); }, {});
  net::NativeDocuments documents(resolver, {"", 60s});
  auto fetched = std::async(std::launch::async, [&] { return documents.get(urlOf(receiver)); });
  while (receiver.connections() == 0) std::this_thread::yield();
  documents.stop();
  EXPECT_FALSE(fetched.get());
  EXPECT_FALSE(documents.get(urlOf(receiver)));
  EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(KeyDocuments, ThatCannotBeAskedForAreErrors) {
  for (const std::string url : {"", "jwks", "ftp://127.0.0.1/", "http://", "http://no-such-host.invalid/"}) {
    EXPECT_FALSE(get(url)) << url;
  }
  std::uint16_t port = 0;
  {
    const Receiver closed(sends(""), {});
    port = closed.port();
  }
  EXPECT_THAT(get("http://127.0.0.1:" + std::to_string(port)).error().message, HasSubstr("Could not connect"));
}

TEST_F(KeyDocuments, ComeOverTlsFromTheRightServerOnly) {
  const Authority authority;
  const Authority stranger;
  const auto serve = [](const Authority& of, const Authority::Certificate& wanted) { return of.serverContext(wanted); };
  const auto fetched = [&](const Authority& of, const Authority::Certificate& wanted) {
    const auto context = serve(of, wanted);
    const Receiver receiver(sends(answer(kKeys)), {.tls = context.get()});
    return get(urlOf(receiver, "https", "localhost"));
  };
  caFile = authority.file();
  const auto good = fetched(authority, {"DNS:localhost"});
  EXPECT_TRUE(good) << good.error().message;
  EXPECT_FALSE(fetched(authority, {"DNS:other.example"}));
  EXPECT_FALSE(fetched(authority, {"DNS:localhost", true})) << "expired";
  EXPECT_FALSE(fetched(stranger, {"DNS:localhost"}));
  caFile = "";
  EXPECT_FALSE(fetched(authority, {"DNS:localhost"})) << "the system does not know this authority";
  const Receiver plain(sends(answer(kKeys)), {});
  EXPECT_FALSE(get(urlOf(plain, "https"), 400ms));
}

}  // namespace
}  // namespace lull::conformance
