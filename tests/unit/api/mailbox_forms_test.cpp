// Where the parameters of the classic calls may stand, and what Publish makes of them.
#include "fakes/mailbox_client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr const char* kForm = "application/x-www-form-urlencoded";

class ClassicForms : public ::testing::Test {
 protected:
  WireReply call(const std::string& target, const std::string& form, const std::string& type = kForm) {
    HeaderFields headers{{"X-Api-Key", "ada"}};
    if (!type.empty()) headers.emplace_back("Content-Type", type);
    return api.request("POST", "/Events/" + target, form, headers);
  }
  ApiFixture api{withReceivers()};
};

TEST_F(ClassicForms, MayBeSplitBetweenQueryAndBody) {
  const std::string id = call("Register", "subscriberName=M%C3%B6bel+1").json().at("SubscriberId");
  EXPECT_EQ(api.backend.endpoints.endpoints.at(id).registration.name, "Möbel 1") << "plus is a blank";
  EXPECT_EQ(call("Subscribe?subscriberId=" + id, "topic=AssetChanged&companyCode=").status, 200);
  EXPECT_EQ(call("Subscribe?subscriberId=" + id + "&topic=AssetChanged", "", "").status, 200);
}

TEST_F(ClassicForms, AParameterInBothPlacesOrTwiceOrUnknownIsRefused) {
  EXPECT_THAT(pointersOf(call("Register?subscriberName=a", "subscriberName=a")), ElementsAre("subscriberName"));
  EXPECT_THAT(pointersOf(call("Register", "subscriberName=a&subscriberName=b")), ElementsAre("subscriberName"));
  EXPECT_THAT(pointersOf(call("Register?subscriberName=a&subscriberName=b", "")), ElementsAre("subscriberName"));
  EXPECT_THAT(pointersOf(call("Register", "subscriberName=a&SubscriberName=b&x=")),
              UnorderedElementsAre("SubscriberName", "x"));
  EXPECT_THAT(pointersOf(call("Register", "subscriberName=%zz")), UnorderedElementsAre("", "subscriberName"));
  EXPECT_THAT(pointersOf(call("Register", "subscriberName=%ff")), UnorderedElementsAre("", "subscriberName"));
  EXPECT_TRUE(api.backend.endpoints.endpoints.empty());
}

TEST_F(ClassicForms, OneThatIsTooLongIsNotReadAtAll) {
  const auto reply = call("Register", "subscriberName=a&" + std::string(9000, 'x'));
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(pointersOf(reply), UnorderedElementsAre("", "subscriberName"));
  EXPECT_THAT(reply.body, HasSubstr("8192"));
}

TEST_F(ClassicForms, EveryMissingParameterIsNamed) {
  EXPECT_THAT(pointersOf(call("Confirm", "")), UnorderedElementsAre("subscriberId", "messageId", "lockId"));
  EXPECT_THAT(pointersOf(call("Receive", "messageId=")), UnorderedElementsAre("subscriberId", "messageId"));
  EXPECT_THAT(pointersOf(call("Subscribe", "companyCode=AA")), UnorderedElementsAre("subscriberId", "topic"));
}

TEST_F(ClassicForms, AnotherTypeOfBodyIsRefused) {
  for (const auto* type : {"application/json", "multipart/form-data; boundary=x", "text/plain",
                           "application/x-www-form-urlencoded; charset=latin1"}) {
    const auto reply = call("Register", "subscriberName=a", type);
    EXPECT_EQ(reply.status, 415) << type;
    EXPECT_THAT(reply.body, HasSubstr(kForm));
  }
  EXPECT_EQ(call("Register", "subscriberName=a", "APPLICATION/x-www-form-urlencoded; charset=UTF-8").status, 200);
}

TEST_F(ClassicForms, TheTopicsAreTheChangeTypes) {
  const auto topics = api.get("/Events/ViewTopics", {{"X-Api-Key", "ada"}});
  EXPECT_EQ(topics.json(), Json::parse(R"([{"Topic":"AssetChanged"},{"Topic":"MetafieldChanged"},
      {"Topic":"TreeValueChanged"},{"Topic":"ComboValueChanged"}])"));
  EXPECT_EQ(api.get("/Events/ViewTopics?x=1", {{"X-Api-Key", "ada"}}).status, 400);
  EXPECT_EQ(api.get("/api/v1/change-types", {{"X-Api-Key", "ada"}}).status, 200);
}

TEST(ClassicPaths, StandBelowThePathBaseAndWithoutIt) {
  ApiSettings settings;
  settings.pathBase = "/integration";
  ApiFixture api(settings);
  EXPECT_EQ(api.get("/integration/Events/ViewTopics").status, 200);
  EXPECT_EQ(api.get("/Events/ViewTopics").status, 200);
  EXPECT_EQ(api.request("POST", "/integration/Events/Register?subscriberName=a", "").status, 200);
  const auto made = api.post("/integration/api/v1/mailboxes", R"({"name":"b"})");
  EXPECT_THAT(made.header("location"), ::testing::StartsWith("/integration/api/v1/mailboxes/ep_"));
}

TEST(ClassicPaths, TakeTheMethodsThatTheyAreKnownBy) {
  ApiFixture api;
  const auto allowed = [&](const std::string& call) { return api.request("PATCH", "/Events/" + call).header("allow"); };
  EXPECT_EQ(allowed("Confirm"), "POST, DELETE");
  EXPECT_EQ(allowed("Unsubscribe"), "POST, DELETE");
  EXPECT_EQ(allowed("Publish"), "POST, PUT");
  EXPECT_EQ(allowed("Register"), "POST");
  EXPECT_EQ(allowed("Peek"), "GET, HEAD");
}

ApiSettings withPublish() {
  auto settings = withReceivers();
  settings.mailboxes.allowPublish = true;
  settings.mailboxes.publishTypes["MetafieldChanged"] = "MetafieldUpdated";
  return settings;
}

class Publication : public ::testing::Test {
 protected:
  WireReply publish(const std::string& query, const std::string& body, const std::string& key = "dam",
                    const std::string& method = "POST") {
    return api.send(method, "/Events/Publish?" + query, body, {{"X-Api-Key", key}});
  }
  const Event& last() { return api.backend.admission.admitted.back(); }
  ApiFixture api{withPublish()};
};

TEST_F(Publication, IsAnEventOfTheTopic) {
  const std::string body = R"({"itemId":4711,"title":"Ch\u00e4ir","n":1.50})";
  const auto reply = publish("companyCode=AA&topic=AssetChanged", " " + body + " ");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json(), Json::parse(R"({"MessageId":"1001"})"));
  EXPECT_EQ(last().type, builtinChangeTypes().at(0).events.at(0).name);
  EXPECT_EQ(last().changeType, 1U);
  EXPECT_EQ(last().scope, "AA");
  EXPECT_EQ(last().itemId, ItemId(4711));
  EXPECT_EQ(last().baseId, ItemId(4711));
  EXPECT_EQ(last().data, body);
  EXPECT_EQ(publish("topic=AssetChanged", "[1,2]", "dam", "PUT").json().at("MessageId"), "1002");
  EXPECT_EQ(last().scope, "");
}

TEST_F(Publication, TakesTheEventThatTheSettingsName) {
  EXPECT_EQ(publish("topic=MetafieldChanged", "{}").status, 200);
  EXPECT_EQ(last().type, "MetafieldUpdated");
  EXPECT_EQ(last().changeType, 2U);
}

TEST_F(Publication, WithoutAnItemGetsANewOneEachTime) {
  std::vector<ItemId> ids;
  for (const auto* body : {"{}", R"({"itemId":null})", "[]", R"("text")", "null", "1e400"}) {
    EXPECT_EQ(publish("topic=AssetChanged", body).status, 200) << body;
    EXPECT_FALSE(last().itemId.isNumber());
    EXPECT_EQ(last().itemId.text().size(), 32U);
    EXPECT_EQ(last().data, body);
    for (const auto& known : ids) EXPECT_NE(known, last().itemId);
    ids.push_back(last().itemId);
  }
}

TEST_F(Publication, AnItemMayBeATextAndNumbersNoDoubleHoldsDoNotHideIt) {
  EXPECT_EQ(publish("topic=AssetChanged", R"({"n":1e999,"itemId":"A/17"})").status, 200);
  EXPECT_EQ(last().itemId, ItemId(std::string("A/17")));
}

TEST_F(Publication, RefusesWhatNoEventMayHave) {
  for (const auto* body : {R"({"itemId":1.5})", R"({"itemId":""})", R"({"itemId":true})", R"({"itemId":[1]})",
                           R"({"itemId":1,"itemId":2})", R"({"itemId":9223372036854775808})"}) {
    const auto reply = publish("topic=AssetChanged", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(pointersOf(reply), ElementsAre("/itemId")) << body;
  }
  EXPECT_EQ(publish("topic=AssetChanged", "{").status, 400);
  EXPECT_EQ(publish("topic=AssetChanged", '"' + std::string(65536, 'x') + '"').status, 400);
  EXPECT_THAT(pointersOf(publish("companyCode=" + std::string(101, 'x'), "{}")),
              UnorderedElementsAre("topic", "companyCode"));
  EXPECT_EQ(publish("topic=assetchanged", "{}").status, 404);
  EXPECT_EQ(publish("topic=AssetChanged&scope=AA", "{}").status, 400);
  EXPECT_TRUE(api.backend.admission.admitted.empty());
}

TEST_F(Publication, NeedsTheRoleOfPublishersAndTheSetting) {
  for (const auto* key : {"ada", "ops", "viewer"})
    EXPECT_EQ(publish("topic=AssetChanged", "{}", key).status, 403) << key;
  ApiFixture closed(withReceivers());
  const auto reply = closed.send("POST", "/Events/Publish?topic=AssetChanged", "{}", {{"X-Api-Key", "dam"}});
  EXPECT_EQ(reply.status, 501);
  EXPECT_EQ(reply.json().at("type"), "urn:lull:problem:not-offered");
  EXPECT_THAT(reply.body, HasSubstr("Mailboxes:AllowPublish"));
  const auto form = closed.request("PUT", "/Events/Publish?topic=AssetChanged", "a=b",
                                   {{"X-Api-Key", "dam"}, {"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(form.status, 501) << "whatever its body is";
  EXPECT_TRUE(closed.backend.admission.admitted.empty());
}

TEST_F(Publication, IsUnknownWhenTheStoreDoesNotAnswer) {
  api.backend.admission.failure = Error{ErrorCode::Unavailable, "The store does not answer."};
  EXPECT_EQ(publish("topic=AssetChanged", "{}").status, 503);
}

}  // namespace
}  // namespace lull::api::testing
