// What request bodies and replies may hold, over raw sockets.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

namespace lull::api::testing {
namespace {

constexpr const char* kBudgetEvent = R"({"type":"AssetCreated","itemId":1,"baseId":2})";

ApiSettings small() {
  ApiSettings settings;
  settings.maxBodyBytes = 60'000;
  settings.inFlightBytes = 100'000;
  return settings;
}

std::string headOf(const std::string& framing) {
  return "POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + framing + "\r\n\r\n";
}

/// Whether a body of 45,000 bytes would be read now. It is only announced, so it takes nothing from the budget.
bool roomForMore(ApiFixture& api) {
  RawConnection asking(api.port());
  EXPECT_TRUE(asking.send(headOf("Content-Length: 45000\r\nExpect: 100-continue")));
  const auto status = asking.readReply().status;
  EXPECT_THAT(status, ::testing::AnyOf(100, 503));
  return status == 100;
}

/// Sends most of a body and waits until the server has taken it: its budget shows it.
void holdBack(ApiFixture& api, RawConnection& client) {
  ASSERT_TRUE(client.send(headOf("Content-Length: 60000") + std::string(59'000, ' ')));
  while (roomForMore(api)) std::this_thread::yield();
}

TEST(InFlightBytes, AreRefusedBeyondTheirLimitAndTakenAgainAfterwards) {
  ApiFixture api(small());
  {
    RawConnection slow(api.port());
    holdBack(api, slow);
    const auto refused = api.post("/api/v1/events", std::string(45'000, ' ') + kBudgetEvent);
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_EQ(refused.header("retry-after"), "2");
    EXPECT_EQ(refused.header("connection"), "close");
    EXPECT_THAT(refused.body, ::testing::HasSubstr("Limits:InFlightBytes"));
    EXPECT_EQ(api.post("/api/v1/events", kBudgetEvent).status, 202) << "what fits is taken";
    slow.send(std::string(1000 - std::string(kBudgetEvent).size(), ' ') + kBudgetEvent);
    EXPECT_EQ(slow.readReply().status, 202) << "who was there first is served";
  }
  EXPECT_EQ(api.post("/api/v1/events", std::string(45'000, ' ') + kBudgetEvent).status, 202);
}

TEST(InFlightBytes, AreCountedAsTheyArriveAndNotAsTheyAreAnnounced) {
  ApiFixture api(small());
  std::vector<std::unique_ptr<RawConnection>> announcing;
  for (int i = 0; i < 20; ++i) {
    announcing.push_back(std::make_unique<RawConnection>(api.port()));
    ASSERT_TRUE(announcing.back()->send(headOf("Content-Length: 60000") + " "));
  }
  EXPECT_EQ(api.post("/api/v1/events", std::string(50'000, ' ') + kBudgetEvent).status, 202);
}

TEST(InFlightBytes, OfAChunkedBodyCountToo) {
  ApiFixture api(small());
  RawConnection slow(api.port());
  holdBack(api, slow);
  RawConnection chunked(api.port());
  const std::string chunk = "4000\r\n" + std::string(0x4000, ' ') + "\r\n";
  ASSERT_TRUE(chunked.send(headOf("Transfer-Encoding: chunked") + chunk + chunk + chunk));
  const auto reply = chunked.readReply();
  EXPECT_EQ(reply.status, 503) << reply.body;
  EXPECT_TRUE(chunked.closedByServer());
}

TEST(InFlightBytes, ABodyThatCouldNeverFitIsTooLarge) {
  auto settings = small();
  settings.inFlightBytes = 50'000;
  ApiFixture api(settings);
  EXPECT_EQ(api.post("/api/v1/events", std::string(55'000, ' ')).status, 413);
}

TEST(InFlightBytes, LargeRepliesToClientsThatDoNotReadAreBoundedAndSmallOnesPass) {
  ApiSettings settings;
  settings.inFlightBytes = 3'000'000;
  ApiFixture api(settings);
  for (int i = 0; i < 500; ++i) {
    auto number = std::to_string(i);
    auto& endpoint = api.backend.endpoints.endpoints["ep_" + std::string(20 - number.size(), '0') + number];
    endpoint.id = "ep_" + std::string(20 - number.size(), '0') + number;
    endpoint.registration.webhook().url = std::string(4000, 'u');
  }
  const std::string path = "/api/v1/endpoints?limit=500";  // more than 2 MB
  // One that reads nothing has to go while others wait for a thread, so another one takes its place.
  std::vector<std::unique_ptr<RawConnection>> slow;
  WireReply reply;
  do {
    slow.push_back(std::make_unique<RawConnection>(api.port()));
    ASSERT_TRUE(slow.back()->send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    reply = api.get(path);
  } while (reply.status == 200 && slow.size() < 200);
  EXPECT_EQ(reply.status, 503) << reply.body;
  EXPECT_EQ(reply.header("retry-after"), "2");
  EXPECT_EQ(api.get("/api/v1/endpoints?limit=1").status, 200);
  const auto whole = std::ranges::any_of(slow, [](auto& one) { return one->readReply().body.size() > 2'000'000; });
  EXPECT_TRUE(whole) << "who has it gets it whole";
}

}  // namespace
}  // namespace lull::api::testing
