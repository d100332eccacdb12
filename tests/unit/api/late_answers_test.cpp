// Calls that are answered later, through the whole API: what is recorded, and what the answer has of the request.
#include "fakes/mailbox_client.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kOrigin = "https://console.example.com";

class LateAnswersTest : public ::testing::Test {
 protected:
  static ApiSettings settings() {
    auto made = withReceivers();
    made.corsOrigins = {kOrigin};
    return made;
  }

  /// A call that waits already.
  std::unique_ptr<RawConnection> waits(const std::string& method = "GET", HeaderFields headers = {}) {
    auto connection = std::make_unique<RawConnection>(server.api.port());
    headers.emplace_back("X-Api-Key", "ada");
    connection->send(requestText(method, "/api/v1/mailboxes/" + box + "/messages?wait=60", "", headers));
    while (backend.polls.waitingFor(box) == 0) std::this_thread::yield();
    return connection;
  }
  /// The lines about waiting calls.
  std::vector<std::string> lines() const {
    auto all = backend.journal.requests();
    std::erase_if(all, [](const auto& line) { return line.find("{id}/messages") == std::string::npos; });
    return all;
  }
  void something() {
    backend.mailboxes.arrive(assetCreated());
    backend.polls.stirred(box);
  }

  MailboxServer server{settings()};
  Backend& backend = server.api.backend;
  MailboxClient ada{server.api, FaceKind::Rest, "ada"};
  const std::string box = ada.enrolled("inbox");
  const int subscribed = ada.subscribe(box, "AssetChanged").status;
};

TEST_F(LateAnswersTest, AreRecordedOnceAndWhenTheyAreAnswered) {
  const auto client = waits();
  EXPECT_TRUE(lines().empty());
  something();
  EXPECT_EQ(client->readReply().status, 200);
  EXPECT_THAT(lines(), ElementsAre("GET /api/v1/mailboxes/{id}/messages 200 ada"));
  client->send(requestText("GET", "/healthz/live"));
  EXPECT_EQ(client->readReply().status, 200) << "the connection goes on";
}

TEST_F(LateAnswersTest, ToAHeadAreRecordedAsThat) {
  const auto client = waits("HEAD");
  something();
  const auto reply = client->readReply(true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(lines(), ElementsAre("HEAD /api/v1/mailboxes/{id}/messages 200 ada"));
}

TEST_F(LateAnswersTest, AreRecordedAs499WhenTheClientHasHungUp) {
  auto client = waits();
  client.reset();
  while (backend.polls.waitingFor(box) > 0) std::this_thread::yield();
  while (lines().empty()) std::this_thread::yield();
  something();
  EXPECT_THAT(lines(), ElementsAre("GET /api/v1/mailboxes/{id}/messages 499 ada"));
}

TEST_F(LateAnswersTest, CanBeReadByAPageOfAnotherOriginThatMay) {
  const auto client = waits("GET", {{"Origin", kOrigin}});
  something();
  const auto reply = client->readReply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("access-control-allow-origin"), kOrigin);
  EXPECT_EQ(reply.header("vary"), "Origin");
}

TEST_F(LateAnswersTest, ThatAreProblemsHaveTheTraceOfTheirRequest) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const auto client = waits("GET", {{"traceparent", "00-" + trace + "-b7ad6b7169203331-01"}});
  EXPECT_EQ(ada.rest("DELETE", "/" + box, {}).status, 204);
  backend.polls.stirred(box);
  const auto reply = client->readReply();
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.body, HasSubstr(trace));
  EXPECT_THAT(lines(), ElementsAre("GET /api/v1/mailboxes/{id}/messages 404 ada"));
}

TEST_F(LateAnswersTest, DoNotKeepOthersFromReading) {
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(waits());
  while (backend.polls.waiting() < 40) std::this_thread::yield();
  EXPECT_EQ(server.api.get("/api/v1/endpoints", {{"X-Api-Key", "ops"}}).status, 200)
      << "they are beyond the limit of replies that read the store";
  something();
  for (const auto& client : clients) EXPECT_EQ(client->readReply().status, 200);
}

TEST_F(LateAnswersTest, ComeWhenTheServerStops) {
  const auto client = waits();
  server.api.server->stopIntake();
  backend.polls.stop();
  const auto reply = client->readReply();
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(server.api.server->awaitReplies(runtime::Deadline::in(std::chrono::seconds(10))));
  EXPECT_THAT(lines(), ElementsAre("GET /api/v1/mailboxes/{id}/messages 204 ada"));
}

TEST_F(LateAnswersTest, ThatNobodyGaveEndWithTheServer) {
  const auto client = waits();
  server.api.server->stop();
  EXPECT_TRUE(client->closedByServer());
  EXPECT_EQ(backend.polls.waiting(), 0U);
  EXPECT_THAT(lines(), ElementsAre("GET /api/v1/mailboxes/{id}/messages 499 ada"));
}

}  // namespace
}  // namespace lull::api::testing
