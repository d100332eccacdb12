#include "unit/text/traceparent_rows.hpp"

#include <lull/net/notification.hpp>
#include <lull/net/signer.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace lull::net {

namespace {

const Catalogue& catalogue() {
  static const Catalogue kCatalogue(builtinChangeTypes());
  return kCatalogue;
}

Message message() {
  Message result;
  result.id = "msg_1";
  result.key = {1, ItemId(4711)};
  result.payload.baseId = ItemId(12);
  result.upto = 77;
  result.eventCount = 20;
  result.attempts = 3;
  result.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  return result;
}

Endpoint endpoint() {
  Endpoint result;
  result.registration.webhook().secrets.current = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  result.registration.webhook().headers = {{"Authorization", "Bearer abc"}, {"X-Empty", ""}};
  return result;
}

// A day ahead of the host's: whatever the receiver sees is the host's.
constexpr Instant kFleetTime{Millis{1'614'351'730'900}};

using Headers = std::vector<std::pair<std::string, std::string>>;

Result<Notification> build(const Endpoint& to, const Message& what, bool test = false,
                           const formats::Formats& formats = formats::Formats({}, {}, IdField::BaseId)) {
  return buildNotification({to, what, kFleetTime, instantOf(1'614'265'330'900), test},
                           {*formats.of(to.registration).value(), catalogue(), "1.2.3"});
}

TEST(Notification, HasTheHeadersOfTheContract) {
  const auto built = build(endpoint(), message()).value();
  const Headers expected{
      {"Content-Type", "application/json"},
      {"User-Agent", "Lull/1.2.3"},
      {"webhook-id", "msg_1"},
      {"webhook-timestamp", "1614265330"},
      {"webhook-signature",
       sign(endpoint().registration.webhook().secrets.current, {"msg_1", 1614265330, built.body}).value()},
      {"Lull-Sequence", "77"},
      {"Lull-Event-Count", "20"},
      {"Lull-Attempt", "3"},
      {"traceparent", message().traceparent},
      {"Authorization", "Bearer abc"},
      {"X-Empty", ""}};
  EXPECT_EQ(built.headers, expected);
}

TEST(Notification, TellsATestSendApart) {
  const auto headers = build(endpoint(), message(), true)->headers;
  EXPECT_EQ(std::count(headers.begin(), headers.end(), std::pair<std::string, std::string>("Lull-Test", "true")), 1);
}

std::vector<std::string> traceparentsSentFor(const std::string& text) {
  auto what = message();
  what.traceparent = text;
  const auto built = build(endpoint(), what).value();
  std::vector<std::string> sent;
  for (const auto& [name, value] : built.headers) {
    if (name == "traceparent") sent.push_back(value);
  }
  return sent;
}

TEST(Notification, PassesEveryTraceparentOnUnchangedAndNothingElse) {
  for (const auto& text : text::testing::traceparents()) {
    EXPECT_EQ(traceparentsSentFor(text), std::vector<std::string>{text}) << text;
  }
  for (const auto& text : text::testing::noTraceparents()) {
    EXPECT_EQ(traceparentsSentFor(text), std::vector<std::string>{}) << text;
  }
}

TEST(Notification, LetsTheClientsUserAgentStandAlone) {
  auto to = endpoint();
  to.registration.webhook().headers = {{"user-agent", "mine"}};
  int seen = 0;
  const auto built = build(to, message()).value();
  for (const auto& [name, value] : built.headers) {
    EXPECT_NE(name, "User-Agent");
    seen += name == "user-agent" && value == "mine" ? 1 : 0;
  }
  EXPECT_EQ(seen, 1);
}

TEST(Notification, EndpointsIdFieldWins) {
  auto to = endpoint();
  to.registration.idField = IdField::Specific;
  EXPECT_EQ(build(to, message())->body, R"({"ChangeType":1,"Data":{"ItemId":4711,"AssetId":12}})");
}

TEST(Notification, HasTheContentTypeAndTheHeadersOfItsFormat) {
  const formats::Formats formats({{"Own", "application/x-own", R"("{itemId}")"}}, {{"source", "/s"}}, IdField::BaseId);
  auto to = endpoint();
  to.registration.format = "Own";
  auto built = build(to, message(), false, formats).value();
  EXPECT_EQ(built.body, "4711");
  EXPECT_EQ(built.headers.front(), (Headers::value_type{"Content-Type", "application/x-own"}));
  to.registration.format = "CloudEventsBinary";
  built = build(to, message(), false, formats).value();
  EXPECT_EQ(built.body, "null");
  for (const auto& header : Headers{{"ce-specversion", "1.0"}, {"ce-id", "msg_1"}, {"ce-source", "/s"}}) {
    EXPECT_EQ(std::ranges::count(built.headers, header), 1) << header.first;
  }
}

TEST(Notification, CannotBeBuiltFromInvalidHeadersOrSecrets) {
  for (const auto& header :
       Headers{{"Bad Name", "x"}, {"", "x"}, {"X-Split", "secret\r\nEvil: 1"}, {"X-Nul", std::string("a\0b", 3)}}) {
    auto to = endpoint();
    to.registration.webhook().headers = {header};
    const auto built = build(to, message());
    ASSERT_FALSE(built.ok()) << header.first;
    EXPECT_EQ(built.error().message.find("secret"), std::string::npos);
  }
  auto to = endpoint();
  to.registration.webhook().secrets.current = "nonsense";
  EXPECT_FALSE(build(to, message()).ok());
}

}  // namespace

}  // namespace lull::net
