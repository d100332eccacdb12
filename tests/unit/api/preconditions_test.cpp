// If-Match and If-None-Match: whoever changes an endpoint has seen what he changes, and of two who saw the same one
// wins.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace lull::api::testing {
namespace {

constexpr const char* kEndpointPath = "/api/v1/endpoints/ep_00000000000000000001";
// With a secret of its own: the fake makes the same one at every rotation.
constexpr const char* kRegistered = R"({"name":"First","url":"https://hooks.example.com/lull","changeTypes":3,
    "secret":"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
constexpr const char* kOther = R"({"name":"Other","url":"https://hooks.example.com/lull","changeTypes":1})";

/// A call that changes the endpoint.
struct Change {
  std::string method;
  std::string path;
  std::string body;
};

const std::vector<Change> kChanges{{"PUT", kEndpointPath, kOther},
                                   {"PATCH", kEndpointPath, R"({"name":"Patched"})"},
                                   {"DELETE", kEndpointPath, ""},
                                   {"POST", std::string(kEndpointPath) + "/secret/rotate", ""}};

class Preconditions : public ::testing::Test {
 protected:
  Preconditions() { api.post("/api/v1/endpoints", kRegistered); }

  std::string etag() { return api.get(kEndpointPath).header("etag"); }
  WireReply make(const Change& change, const HeaderFields& headers) {
    return api.send(change.method, change.path, change.body, headers);
  }

  ApiFixture api;
};

TEST_F(Preconditions, WhatIsKnownAlreadyIsNotSentAgain) {
  const auto tag = etag();
  for (const auto& names : {tag, "W/" + tag, "\"x\", " + tag + " ,\"y\"", std::string("*")}) {
    for (const std::string method : {"GET", "HEAD"}) {
      const auto reply = api.request(method, kEndpointPath, "", {{"If-None-Match", names}});
      EXPECT_EQ(reply.status, 304) << method << " " << names;
      EXPECT_EQ(reply.header("etag"), tag);
      EXPECT_EQ(reply.body, "");
      EXPECT_EQ(reply.headers.count("content-length"), 0U) << "it would be that of the 200";
      EXPECT_EQ(reply.headers.count("content-type"), 0U);
    }
  }
  EXPECT_EQ(api.get(kEndpointPath, {{"If-None-Match", "\"x\""}, {"If-None-Match", tag}}).status, 304)
      << "two lines, one list";
  EXPECT_EQ(api.get(kEndpointPath, {{"If-None-Match", "\"x\""}}).status, 200);
  EXPECT_EQ(api.get(kEndpointPath, {{"If-Match", "\"x\""}}).status, 412);
  EXPECT_EQ(api.get(kEndpointPath, {{"If-Match", tag}}).status, 200);
  EXPECT_EQ(api.get("/api/v1/endpoints/ep_unknown", {{"If-None-Match", "*"}}).status, 404);
}

TEST_F(Preconditions, AWriteTakesBothFields) {
  const auto tag = etag();
  for (const auto& change : kChanges) {
    const auto& what = change.method + " " + change.path;
    EXPECT_EQ(make(change, {{"If-None-Match", "*"}}).status, 412) << what;
    EXPECT_EQ(make(change, {{"If-None-Match", "W/" + tag}}).status, 412) << what;
    EXPECT_EQ(make(change, {{"If-Match", "W/" + tag}}).status, 412) << what << ": If-Match compares strongly";
    EXPECT_EQ(make(change, {{"If-Match", tag}, {"If-None-Match", tag}}).status, 412) << what;
    EXPECT_EQ(make(change, {{"If-Match", ""}}).status, 412) << what << ": an empty list names nothing";
  }
  EXPECT_EQ(etag(), tag) << "nothing was changed";
  EXPECT_EQ(make(kChanges[1], {{"If-Match", "\"x\""}, {"If-Match", tag}}).status, 200) << "two lines, one list";
  EXPECT_EQ(make(kChanges[1], {{"If-None-Match", tag}}).status, 200) << "it has another one by now";
}

TEST_F(Preconditions, OfTwoWithTheSameIfMatchExactlyOneWins) {
  for (const auto& first : kChanges) {
    for (const auto& second : kChanges) {
      ApiFixture fresh;
      fresh.post("/api/v1/endpoints", kRegistered);
      const auto tag = fresh.get(kEndpointPath).header("etag");
      // Both have read the endpoint, and found the tag good, before either writes.
      fresh.backend.endpoints.meet(2);
      std::vector<int> statuses(2);
      const auto run = [&](const Change& change, int& status) {
        status = fresh.send(change.method, change.path, change.body, {{"If-Match", tag}}).status;
      };
      std::thread other([&] { run(first, statuses[0]); });
      run(second, statuses[1]);
      other.join();
      const auto won = std::ranges::count_if(statuses, [](int status) { return status < 300; });
      EXPECT_EQ(won, 1) << first.method << " " << statuses[0] << ", " << second.method << " " << statuses[1];
      for (const int status : statuses) EXPECT_TRUE(status < 300 || status == 412 || status == 404) << status;
    }
  }
}

TEST_F(Preconditions, AConditionalDeletionThatWasOvertakenIsJudgedAgain) {
  api.backend.endpoints.conflicts = 1;  // a version more, and the same registration
  EXPECT_EQ(make({"DELETE", kEndpointPath, ""}, {{"If-Match", etag()}}).status, 204);
  EXPECT_EQ(make({"DELETE", kEndpointPath, ""}, {{"If-Match", "*"}}).status, 404);
}

}  // namespace
}  // namespace lull::api::testing
