// Small print of HTTP on real sockets: dates, expectations, media types, repeated fields.
#include "fakes/client.hpp"

#include <lull/http/response.hpp>

#include <gmock/gmock.h>

#include <ctime>

namespace lull::api::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr const char* kFlush = "/api/v1/windows/flush";

TEST(Date, StandsOnEveryReply) {
  ApiFixture api;
  api.registerEndpoint();
  const auto before = std::time(nullptr);
  RawConnection malformed(api.port());
  malformed.send("nonsense\r\n\r\n");
  const std::string endpoint = "/api/v1/endpoints/ep_00000000000000000001";
  const auto tag = api.get(endpoint).header("etag");
  for (const auto& reply : {api.get("/healthz/live"), api.get("/api-docs"), api.get("/"), api.get("/nowhere"),
                            api.request("HEAD", "/api/v1/stats"), api.get(endpoint, {{"If-None-Match", tag}}),
                            malformed.readReply(), api.request("DELETE", endpoint)}) {
    const auto date = reply.header("date");
    std::vector<std::string> possible;
    for (auto at = before; at <= std::time(nullptr); ++at) possible.push_back(http::httpDate(at));
    EXPECT_THAT(possible, ::testing::Contains(date)) << reply.status;
  }
}

TEST(Expectation, OfAnHttp10ClientIsPassedOver) {
  ApiFixture api;
  RawConnection client(api.port());
  const std::string body = R"({"type":"AssetCreated","itemId":1,"baseId":2})";
  client.send(
      "POST /api/v1/events HTTP/1.0\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  // A 100 would be sent before the body is; without one the body has to come by itself.
  client.send(body);
  EXPECT_EQ(client.readReply().status, 202);
  EXPECT_TRUE(client.closedByServer());
}

class OptionalBody : public ::testing::Test {
 protected:
  WireReply chunked(const std::string& headers, const std::string& chunks) {
    RawConnection client(api.port());
    client.send(std::string("POST ") + kFlush + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n" +
                headers + "\r\n" + chunks + requestText("GET", "/healthz/live"));
    auto reply = client.readReply();
    next = client.readReply().status;
    return reply;
  }

  ApiFixture api;
  int next = 0;  ///< status of a request behind it on the same connection; 0: it was closed
};

TEST_F(OptionalBody, ThatIsChunkedAndEmptyIsNone) {
  EXPECT_EQ(chunked("", "0\r\n\r\n").status, 200);
  EXPECT_EQ(next, 200);
  EXPECT_EQ(chunked("Content-Type: application/json\r\n", "0\r\n\r\n").status, 200);
  EXPECT_EQ(chunked("Content-Type: text/plain\r\n", "0\r\n\r\n").status, 200);
  EXPECT_FALSE(api.backend.windows.lastFilter.itemId);
}

TEST_F(OptionalBody, ThatIsChunkedAndNotEmptyNeedsItsType) {
  EXPECT_EQ(chunked("", "d\r\n{\"itemId\":3}\n\r\n0\r\n\r\n").status, 415);
  EXPECT_EQ(next, 200);
  EXPECT_FALSE(api.backend.windows.flushes);
  EXPECT_EQ(chunked("Content-Type: application/json\r\n", "d\r\n{\"itemId\":3}\n\r\n0\r\n\r\n").status, 200);
  EXPECT_EQ(api.backend.windows.lastFilter.itemId, "3");
}

TEST(MediaTypes, TakeQuotedParameters) {
  ApiFixture api;
  const auto with = [&](const std::string& type) {
    return api.request("POST", kFlush, R"({"itemId":3})", {{"Content-Type", type}}).status;
  };
  for (const std::string type :
       {R"(application/json; profile="a;b")", R"(application/json;profile="a;charset=latin1";charset=utf-8)",
        R"(application/json; charset="utf-8")", R"(application/json; charset="UTF\-8")", "application/json ; ",
        R"(application/json; a="\";charset=x\"")", "application/json;;charset=utf-8"}) {
    EXPECT_EQ(with(type), 200) << type;
  }
  for (const std::string type : {R"(application/json; profile="a;b"; charset=latin1)", R"(application/json;charset="")",
                                 R"("application/json")", "application/json; charset=utf-16", "text/plain; a=\"b\""}) {
    EXPECT_EQ(with(type), 415) << type;
  }
}

TEST(RepeatedFields, OfWhichOnlyOneCouldCountAreRefused) {
  ApiFixture api;
  for (const std::string name : {"Authorization", "X-Api-Key", "x-api-key", "Content-Type", "Idempotency-Key"}) {
    const auto reply = api.request("POST", "/api/v1/endpoints", ApiFixture::kRegistration, {{name, "a"}, {name, "a"}});
    EXPECT_EQ(reply.status, 400) << name;
    EXPECT_THAT(reply.body, HasSubstr(" is repeated."));
  }
  EXPECT_TRUE(api.backend.endpoints.endpoints.empty());
}

}  // namespace
}  // namespace lull::api::testing
