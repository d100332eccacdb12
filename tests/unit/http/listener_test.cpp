// The HTTP server without Lull: any handler, requests over raw sockets. What the API makes of it is tested in unit/api.
#include "fakes/raw_connection.hpp"

#include <lull/http/listener.hpp>

#include <gmock/gmock.h>

#include <atomic>

namespace lull::http::testing {
namespace {

/// Answers with what was sent, and each refusal in its own way.
class Echo final : public RequestHandler {
 public:
  Response handle(const MessageHead& head, RequestSource& source) override {
    Response response;
    response.contentType = "text/plain";
    if (source.read(response.body) != BodyState::Complete) response.status = 413;
    if (response.body.empty()) response.body = std::string(head.method) + " " + std::string(head.path);
    return response;
  }
  Response refuse(const HeadFault& fault) override { return emptyResponse(fault.status); }
  void noThread() override { ++threadsMissing; }
  Response overloaded() override { return emptyResponse(503); }
  Response tooMuch() override { return emptyResponse(503); }

  std::atomic<int> threadsMissing{0};
};

class ListenerTest : public ::testing::Test {
 protected:
  ListenerTest() {
    const auto bound = listener.bind("127.0.0.1", 0);
    if (const auto* given = std::get_if<std::uint16_t>(&bound)) port = *given;
    listener.serve();
  }

  WireReply request(const std::string& method, const std::string& path, const std::string& body = "") {
    RawConnection client(port);
    client.send(requestText(method, path, body));
    return client.readReply(method == "HEAD");
  }

  Echo handler;
  MemoryBudget bodies{1024};
  MemoryBudget replies{1024};
  Listener listener{handler, {2, 100, bodies, replies}};
  std::uint16_t port = 0;
};

TEST_F(ListenerTest, GivesRequestsToItsHandlerAndKeepsTheConnection) {
  RawConnection client(port);
  client.send(requestText("POST", "/any", "hello") + requestText("GET", "/where?x=1"));
  EXPECT_EQ(client.readReply().body, "hello");
  EXPECT_EQ(client.readReply().body, "GET /where");
}

TEST_F(ListenerTest, LetsTheHandlerSayWhatIsWrongWithAHead) {
  RawConnection client(port);
  client.send("nonsense\r\n\r\n");
  const auto reply = client.readReply();
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.closedByServer());
}

TEST_F(ListenerTest, CutsABodyAtItsLimit) {
  EXPECT_EQ(request("POST", "/", std::string(100, 'x')).status, 200);
  EXPECT_EQ(request("POST", "/", std::string(101, 'x')).status, 413);
}

TEST_F(ListenerTest, SaysWhyAnAddressCannotBeBound) {
  Listener other(handler, {2, 100, bodies, replies});
  const auto taken = other.bind("127.0.0.1", port);
  ASSERT_TRUE(std::holds_alternative<BindFault>(taken));
  EXPECT_EQ(std::get<BindFault>(taken).reason, EADDRINUSE);
  EXPECT_TRUE(std::holds_alternative<BindFault>(other.bind("nowhere", 0)));
}

TEST_F(ListenerTest, EndsIdleConnectionsWhenItStops) {
  RawConnection client(port);
  client.send(requestText("GET", "/"));
  EXPECT_EQ(client.readReply().status, 200);
  listener.stopIntake();
  EXPECT_TRUE(listener.awaitReplies(runtime::Deadline::in(std::chrono::seconds(10))));
  EXPECT_TRUE(client.closedByServer());
  EXPECT_FALSE(RawConnection(port).connected());
}

}  // namespace
}  // namespace lull::http::testing
