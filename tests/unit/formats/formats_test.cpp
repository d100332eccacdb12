#include "rendering.hpp"

#include <gmock/gmock.h>

namespace lull::formats::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string bodyOf(const Formats& formats, std::string_view name, const Message& what = message()) {
  std::string body;
  formats.find(name)->body.appendTo(body, what, catalogue());
  return body;
}

TEST(BuiltInFormats, AreByteForByteWhatIsPromised) {
  const Formats formats({}, kValues, IdField::BaseId);
  const auto body = [&](std::string_view name, const Message& what = message()) { return bodyOf(formats, name, what); };
  EXPECT_EQ(body("Notification"), R"({"ChangeType":1,"Data":{"ItemId":4711,"BaseId":12}})");
  EXPECT_EQ(body("NotificationSpecific"), R"({"ChangeType":1,"Data":{"ItemId":4711,"AssetId":12}})");

  auto what = message();
  what.payload.data = R"({"title": "x"})";
  EXPECT_EQ(body("CloudEvents", what),
            R"({"specversion":"1.0","id":"msg_e_1_77","source":"/lull/test","type":"AssetCreated","subject":"4711",)"
            R"("time":"2021-01-01T00:00:00Z","datacontenttype":"application/json","data":{"title": "x"}})");
  EXPECT_EQ(formats.find("CloudEvents")->text.contentType, "application/cloudevents+json");
  EXPECT_EQ(body("CloudEventsBinary", what), R"({"title": "x"})");
  EXPECT_EQ(body("CloudEventsBinary"), "null");

  what.key.itemId = ItemId(123456789);
  EXPECT_EQ(body("ElementChanged", what), R"({"elementId":123456789,"modificationDate":"2021-01-01T00:00:00Z"})");

  what.key = {16, ItemId(4711)};
  what.payload.eventType = "PersonCreated";
  EXPECT_EQ(body("Claims", what),
            R"({"sub":"personer/4711","personer_id":"4711","iss":"FS-prod","iat":"1539075071295","operation":"create",)"
            R"("jti":"1c7d930c-0397-5977-9c4c-6fd3a66ef4cf"})");
}

TEST(BuiltInFormats, TheTwoNotificationsAreAsTheyHaveAlwaysBeen) {
  const Formats formats({}, {}, IdField::BaseId);
  auto what = message();
  for (const auto& [value, name] : std::vector<std::pair<std::uint32_t, std::string>>{
           {1, "AssetId"}, {2, "MetafieldId"}, {4, "TreeValueId"}, {8, "ComboValueId"}, {64, "BaseId"}}) {
    what.key.changeType = value;
    const auto start = "{\"ChangeType\":" + std::to_string(value) + ",\"Data\":{\"ItemId\":4711,\"";
    EXPECT_EQ(bodyOf(formats, "NotificationSpecific", what), start + name + "\":12}}");
    EXPECT_EQ(bodyOf(formats, "Notification", what), start + "BaseId\":12}}");
  }
  what = message();
  what.key.itemId = ItemId(std::int64_t{-9223372036854775807} - 1);
  what.payload.baseId = ItemId(std::string("3"));
  EXPECT_EQ(bodyOf(formats, "Notification", what),
            R"({"ChangeType":1,"Data":{"ItemId":-9223372036854775808,"BaseId":"3"}})");
  what.key.itemId = ItemId(std::string("a\"b\\c\n\x01/\xC3\xBC\xF0\x9F\x98\x80"));
  EXPECT_EQ(
      bodyOf(formats, "Notification", what),
      "{\"ChangeType\":1,\"Data\":{\"ItemId\":\"a\\\"b\\\\c\\n\\u0001/\xC3\xBC\xF0\x9F\x98\x80\",\"BaseId\":\"3\"}}");
}

TEST(BuiltInFormats, CloudEventsInBinaryModeHaveTheirAttributesInHeaders) {
  const Formats formats({}, kValues, IdField::BaseId);
  auto what = message();
  what.key.itemId = ItemId(std::string("blå 1"));
  Headers headers;
  for (const auto& [name, value] : formats.find("CloudEventsBinary")->headers) {
    value.appendTo(headers.emplace_back(name, "").second, what, catalogue());
  }
  EXPECT_EQ(headers, (Headers{{"ce-specversion", "1.0"},
                              {"ce-id", "msg_e_1_77"},
                              {"ce-source", "/lull/test"},
                              {"ce-type", "AssetCreated"},
                              {"ce-subject", "bl%C3%A5%201"},
                              {"ce-time", "2021-01-01T00:00:00Z"}}));
}

TEST(Formats, HoldTheBuiltInOnesAndThoseOfTheSettings) {
  const Formats formats({{"Task", "application/x-task", R"({"id": "{itemId}"})"}}, kValues, IdField::BaseId);
  std::vector<std::string> names;
  for (const auto& format : formats.all()) names.push_back(format.text.name + (format.builtIn ? "" : "*"));
  EXPECT_THAT(names, ElementsAre("Notification", "NotificationSpecific", "CloudEvents", "CloudEventsBinary",
                                 "ElementChanged", "Claims", "Task*"));
  EXPECT_EQ(bodyOf(formats, "Task"), R"({"id":4711})");
  EXPECT_EQ(formats.find("task"), nullptr);
  EXPECT_EQ(formats.nearest("task"), "Task");
  EXPECT_EQ(formats.nearest("CloudEvent"), "CloudEvents");
  EXPECT_TRUE(isBuiltIn("claims"));
  EXPECT_FALSE(isBuiltIn("Task"));
}

TEST(Formats, OneThatLacksAValueSaysSo) {
  const Formats formats({}, {{"source", "/x"}}, IdField::BaseId);
  EXPECT_EQ(formats.find("CloudEvents")->unavailable, "");
  EXPECT_EQ(formats.find("Claims")->unavailable,
            "The format Claims cannot be used: {value.Environment} needs FormatValues:Environment, which nothing sets; "
            "the nearest that is set is FormatValues:source.");
}

TEST(Formats, AnEndpointHasItsOwnThenThatOfItsIdFieldThenTheDefault) {
  const Formats formats({}, {}, IdField::Specific);
  Registration registration;
  EXPECT_EQ(formats.nameOf(registration), "NotificationSpecific");
  registration.idField = IdField::BaseId;
  EXPECT_EQ(formats.nameOf(registration), "Notification");
  EXPECT_EQ(formats.of(registration).value(), formats.find("Notification"));
  registration.idField.reset();
  registration.format = "ElementChanged";
  EXPECT_EQ(formats.of(registration).value(), formats.find("ElementChanged"));
  registration.format = "Gone";
  EXPECT_EQ(formats.nameOf(registration), "Gone");
  EXPECT_THAT(formats.of(registration).error().message, HasSubstr("no format Gone"));
  registration.format = "CloudEvents";
  EXPECT_THAT(formats.of(registration).error().message, HasSubstr("FormatValues:Source"));
}

}  // namespace

}  // namespace lull::formats::testing
