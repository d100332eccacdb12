// What reaches the server byte by byte: request framing, limits, keep-alive (RFC 9112), over raw sockets.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace lull::api::testing {
namespace {

constexpr const char* kEvent = R"({"type":"AssetCreated","itemId":1,"baseId":2})";
const HeaderFields kJson{{"Content-Type", "application/json"}};

struct RefusedCase {
  const char* name;
  std::string bytes;
  int status;
};

// ctest lists cases by what is printed of them.
void PrintTo(const RefusedCase& one, std::ostream* out) {
  *out << one.name;
}

class RefusedFraming : public ::testing::TestWithParam<RefusedCase> {};

std::string post(const std::string& framing, const std::string& body) {
  return "POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + framing +
         "\r\n\r\n" + body;
}

TEST_P(RefusedFraming, IsAnsweredAndTheConnectionClosedWithoutReadingOn) {
  ApiFixture api;
  RawConnection client(api.port());
  ASSERT_TRUE(client.send(GetParam().bytes));
  // Whatever follows must not be taken for a request.
  client.send("GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto reply = client.readReply();
  EXPECT_EQ(reply.status, GetParam().status) << reply.body;
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(reply.header("content-type"), "application/problem+json");
  EXPECT_EQ(reply.json().at("status"), GetParam().status);
  EXPECT_TRUE(client.closedByServer());
  EXPECT_TRUE(api.backend.admission.admitted.empty());
}

const std::string kGet = "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n";

INSTANTIATE_TEST_SUITE_P(
    All, RefusedFraming,
    ::testing::Values(
        RefusedCase{"LengthBesideChunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
        RefusedCase{"UnknownCoding", post("Transfer-Encoding: gzip", "x"), 501},
        RefusedCase{"CodingList", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 501},
        RefusedCase{"ChunkedTwice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 501},
        RefusedCase{"BlankBeforeColon", post("Transfer-Encoding : chunked\r\nContent-Length: 1", "x"), 400},
        RefusedCase{"FoldedLine", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), 400},
        RefusedCase{"DifferingLengths", post("Content-Length: 1\r\nContent-Length: 2", "xx"), 400},
        RefusedCase{"SameLengthTwice", post("Content-Length: 1\r\nContent-Length: 1", "x"), 400},
        RefusedCase{"LengthList", post("Content-Length: 1, 1", "x"), 400},
        RefusedCase{"SignedLength", post("Content-Length: +1", "x"), 400},
        RefusedCase{"HexLength", post("Content-Length: 0x1", "x"), 400},
        RefusedCase{"HugeLength", post("Content-Length: 99999999999999999999999", "x"), 400},
        RefusedCase{"NoLengthDigits", post("Content-Length:", "x"), 400},
        RefusedCase{"LengthOverTheLimit", post("Content-Length: 1048577", ""), 413},
        RefusedCase{"BodyOnGet", kGet + "Content-Length: 3\r\n\r\nabc", 400},
        RefusedCase{"ChunkedGet", kGet + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        RefusedCase{"BadChunkSize", post("Transfer-Encoding: chunked", "zz\r\nabc\r\n0\r\n\r\n"), 400},
        RefusedCase{"ChunkWithoutItsEnd", post("Transfer-Encoding: chunked", "3\r\nabcde\r\n0\r\n\r\n"), 400},
        RefusedCase{"NoHost", "GET /healthz/live HTTP/1.1\r\n\r\n", 400},
        RefusedCase{"TwoHosts", kGet + "Host: y\r\n\r\n", 400},
        RefusedCase{"BareLineFeed", "GET /healthz/live HTTP/1.1\r\nHost: localhost\nTransfer-Encoding: chunked\r\n\r\n",
                    400},
        RefusedCase{"LineWithoutColon", kGet + "nonsense\r\n\r\n", 400},
        RefusedCase{"NulInValue", kGet + std::string("X-A: a\0b\r\n\r\n", 12), 400},
        RefusedCase{"UnknownExpectation", kGet + "Expect: magic\r\n\r\n", 417},
        RefusedCase{"OtherVersion", "GET /healthz/live HTTP/2.0\r\nHost: localhost\r\n\r\n", 505},
        RefusedCase{"NoPath", "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
        RefusedCase{"LongTarget", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414},
        RefusedCase{"HugeHeader", kGet + "X-A: " + std::string(40000, 'a') + "\r\n\r\n", 431}),
    [](const auto& one) { return one.param.name; });

TEST(Framing, RefusesTheHundredAndFirstHeader) {
  ApiFixture api;
  std::string text = kGet;
  for (int i = 0; i < 99; ++i) text += "X-" + std::to_string(i) + ": v\r\n";
  RawConnection within(api.port());
  within.send(text + "\r\n");
  EXPECT_EQ(within.readReply().status, 200);
  RawConnection beyond(api.port());
  beyond.send(text + "X-99: v\r\n\r\n");
  EXPECT_EQ(beyond.readReply().status, 431);
}

TEST(Framing, TakesAChunkedBodyWithExtensionsAndTrailers) {
  ApiFixture api;
  RawConnection client(api.port());
  const std::string body = kEvent;
  client.send(post("Transfer-Encoding: chunked", "5;ext=1\r\n" + body.substr(0, 5) + "\r\n28\r\n" + body.substr(5) +
                                                     "\r\n0\r\nX-Trailer: 1\r\n\r\n"));
  ASSERT_EQ(body.size(), 5U + 0x28U);
  EXPECT_EQ(client.readReply().status, 202);
  client.send(kGet + "\r\n");
  EXPECT_EQ(client.readReply().status, 200) << "the next request begins right behind the trailers";
}

TEST(Framing, CutsAChunkedBodyAtTheLimit) {
  ApiFixture api;
  RawConnection client(api.port());
  client.send(post("Transfer-Encoding: chunked", ""));
  const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  for (int i = 0; i < 64 && client.send(chunk); ++i) {
  }
  const auto reply = client.readReply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.header("connection"), "close");
}

TEST(Framing, TakesABodyOfExactlyTheLimit) {
  ApiFixture api;
  const std::string body = kEvent + std::string(1048576 - std::string_view(kEvent).size(), ' ');
  EXPECT_EQ(api.post("/api/v1/events", body).status, 202);
}

TEST(Framing, AnswersPipelinedRequestsInOrder) {
  ApiFixture api;
  RawConnection client(api.port());
  client.send(kGet + "\r\n" + requestText("POST", "/api/v1/events", kEvent, kJson) + kGet + "\r\n");
  EXPECT_EQ(client.readReply().status, 200);
  EXPECT_EQ(client.readReply().status, 202);
  EXPECT_EQ(client.readReply().status, 200);
}

TEST(Framing, ContinuesWhenTheClientExpectsIt) {
  ApiFixture api;
  RawConnection client(api.port());
  const std::string event = kEvent;
  client.send(post("Expect: 100-continue\r\nContent-Length: " + std::to_string(event.size()), ""));
  EXPECT_EQ(client.readReply(true).status, 100);
  client.send(event);
  EXPECT_EQ(client.readReply().status, 202);
}

TEST(Framing, RefusesABodyBeforeItIsSentWhenTheCredentialIsMissing) {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  ApiFixture api(settings);
  RawConnection client(api.port());
  client.send(post("Expect: 100-continue\r\nContent-Length: 500000", ""));
  EXPECT_EQ(client.readReply().status, 401);
  EXPECT_TRUE(client.closedByServer());
}

TEST(Framing, AnswersHeadLikeGetWithoutABody) {
  ApiFixture api;
  RawConnection client(api.port());
  client.send("HEAD /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = client.readReply(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "17");
  client.send(kGet + "\r\n");
  EXPECT_EQ(client.readReply().body.size(), 17U);
}

TEST(Framing, ClosesAfterAnHttp10Request) {
  ApiFixture api;
  RawConnection client(api.port());
  client.send("GET /healthz/live HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.readReply().status, 200);
  EXPECT_TRUE(client.closedByServer());
}

TEST(Framing, AcceptsTheAbsoluteFormOfTheTarget) {
  ApiFixture api;
  RawConnection client(api.port());
  client.send("GET http://localhost/healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.readReply().status, 200);
}

TEST(Connections, SixHundredIdleOnesDoNotKeepANewClientWaiting) {
  ApiFixture api;
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 600; ++i) {
    idle.push_back(std::make_unique<RawConnection>(api.port()));
    ASSERT_TRUE(idle.back()->connected()) << i;
  }
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(api.get("/healthz/live").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

TEST(Connections, SixHundredDrippingOnesDoNotKeepANewClientWaiting) {
  ApiFixture api;
  std::vector<std::unique_ptr<RawConnection>> dripping;
  const auto drip = [&] {
    for (const auto& each : dripping) each->send("x");
  };
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 600; ++i) {
    dripping.push_back(std::make_unique<RawConnection>(api.port()));
    ASSERT_TRUE(dripping.back()->connected()) << i;
    const bool inBody = i % 2 == 0;
    dripping.back()->send(inBody ? post("Content-Length: 100000", "[")
                                 : std::string("GET /healthz/live HTTP/1.1\r\nX-A: "));
  }
  while (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(1500)) drip();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(api.get("/healthz/live").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

TEST(Stop, ReturnsAtOnceBesideIdleConnections) {
  ApiFixture api;
  RawConnection used(api.port());
  used.send(kGet + "\r\n");
  EXPECT_EQ(used.readReply().status, 200);
  RawConnection silent(api.port());
  const auto before = std::chrono::steady_clock::now();
  api.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  EXPECT_TRUE(used.closedByServer());
}

TEST(Stop, LetsARunningHandlerFinishAndAnswer) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  std::promise<void> open;
  api.backend.channel.entered.emplace();
  api.backend.channel.gate = open.get_future().share();
  RawConnection client(api.port());
  client.send(requestText("POST", "/api/v1/endpoints/" + id + "/test"));
  api.backend.channel.entered->get_future().wait();
  std::thread stopper([&] { api.server->stop(); });
  while (RawConnection(api.port()).connected()) std::this_thread::yield();  // until no one is let in any more
  open.set_value();
  EXPECT_EQ(client.readReply().status, 200);
  stopper.join();
}

TEST(Start, SaysWhatToDoWhenTheAddressIsTaken) {
  ApiFixture first;
  Backend backend;
  ApiSettings settings;
  settings.listen = {{"127.0.0.1", first.port()}};
  ApiServer second(settings, backend.dependencies());
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("127.0.0.1:" + std::to_string(first.port())));
  EXPECT_THAT(started.error().message,
              ::testing::HasSubstr("address already in use. Stop the other process or change Urls"));
}

TEST(Start, ListensOnBothFamiliesForLocalhost) {
  ApiSettings settings;
  settings.listen = {{"localhost", 0}};
  ApiFixture api(settings);
  EXPECT_EQ(api.bound.at(0).host, "127.0.0.1");
  EXPECT_EQ(api.bound.at(0).url(), "http://127.0.0.1:" + std::to_string(api.port()));
  if (api.bound.size() > 1) {
    EXPECT_EQ(api.bound.at(1).url(), "http://[::1]:" + std::to_string(api.port()));
  }
  EXPECT_EQ(api.get("/healthz/live").status, 200);
}

TEST(Start, ServesEveryInterfaceForTheStar) {
  ApiSettings settings;
  settings.listen = {{"*", 0}};
  ApiFixture api(settings);
  EXPECT_EQ(api.get("/healthz/live").status, 200);
}

}  // namespace
}  // namespace lull::api::testing
