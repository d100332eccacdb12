// What sends the code of a sign-in to a provider's token endpoint.
#include "support/receiver.hpp"

#include <lull/net/native_documents.hpp>

#include <gmock/gmock.h>

#include <future>
#include <string>
#include <vector>

namespace lull::conformance {
namespace {

using namespace std::chrono_literals;
using lull::testing::Connection;
using lull::testing::hasHeader;
using lull::testing::Receiver;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Receiver::Script says(const std::string& status, const std::string& body) {
  return [=](Connection& connection) {
    if (!connection.readRequest()) return;
    connection.send("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
}

class FormPosts : public ::testing::Test {
 protected:
  Result<ports::FormAnswer> post(const Receiver& receiver, const std::string& form = "code=secret&x=%20") {
    return documents_.post("http://127.0.0.1:" + std::to_string(receiver.port()) + "/token?a=b", form);
  }

  net::Resolver resolver_;
  net::NativeDocuments documents_{resolver_, {"", 2s}};
};

TEST_F(FormPosts, SendTheFormOnceAndGiveTheAnswer) {
  const Receiver receiver(says("200 OK", R"({"access_token":"t"})"), {});
  const auto answer = post(receiver);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, R"({"access_token":"t"})");
  ASSERT_EQ(receiver.requests().size(), 1U);
  const auto request = receiver.requests()[0];
  EXPECT_THAT(request, AllOf(StartsWith("POST /token?a=b HTTP/1.1\r\n"), HasSubstr("\r\n\r\ncode=secret&x=%20")));
  EXPECT_TRUE(hasHeader(request, "Content-Type", "application/x-www-form-urlencoded"));
  EXPECT_TRUE(hasHeader(request, "Content-Length", "17"));
  EXPECT_TRUE(hasHeader(request, "Accept", "application/json"));
}

TEST_F(FormPosts, GiveAnyStatusAndFollowNoRedirect) {
  for (const std::string status : {"400 Bad Request", "401 Unauthorized", "500 Oops"}) {
    const Receiver receiver(says(status, R"({"error":"invalid_grant"})"), {});
    const auto answer = post(receiver);
    ASSERT_TRUE(answer) << status << answer.error().message;
    EXPECT_EQ(std::to_string(answer->status), status.substr(0, 3));
    EXPECT_EQ(answer->body, R"({"error":"invalid_grant"})");
  }
  const Receiver target(says("200 OK", "{}"), {});
  const Receiver receiver(
      says("307 Temporary Redirect\r\nLocation: http://127.0.0.1:" + std::to_string(target.port()) + "/", ""), {});
  EXPECT_EQ(post(receiver)->status, 307);
  EXPECT_EQ(target.connections(), 0);
}

TEST_F(FormPosts, AFailureSaysNothingOfTheFormOrTheAnswerAndSendsNothingTwice) {
  const auto failure = [&](Receiver::Script script) {
    const Receiver receiver(std::move(script), {});
    const auto answer = post(receiver);
    EXPECT_FALSE(answer);
    EXPECT_EQ(receiver.requests().size(), 1U) << "a code counts once";
    const auto message = answer ? std::string() : answer.error().message;
    EXPECT_THAT(message, AllOf(StartsWith("POST http://127.0.0.1:"), Not(HasSubstr("secret"))));
    return message;
  };
  EXPECT_THAT(failure(says("200 OK", std::string(300UL * 1024, ' ') + "secret")), HasSubstr("too long"));
  failure([](Connection& connection) { connection.readRequest(); });
  failure([](Connection& connection) {
    if (connection.readRequest()) connection.send("secret\r\n\r\n");
  });
}

TEST_F(FormPosts, RunBesideEachOtherAndEndWithTheService) {
  std::promise<void> open;
  const auto opened = open.get_future().share();
  const Receiver slow(
      [opened](Connection& connection) {
        if (!connection.readRequest()) return;
        opened.wait();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
      },
      {});
  const Receiver quick(says("200 OK", "{}"), {});
  auto waiting = std::async(std::launch::async, [&] { return post(slow); });
  EXPECT_TRUE(post(quick)) << "it does not wait for the slow one";
  documents_.stop();
  const auto ended = waiting.get();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message, HasSubstr("stopping"));
  EXPECT_FALSE(post(quick)) << "and nothing begins";
  EXPECT_EQ(quick.requests().size(), 1U);
  open.set_value();
}

}  // namespace
}  // namespace lull::conformance
