#include <lull/api/body_reader.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kPlain = R"({"type": "AssetCreated", "itemId": 7, "baseId": "b", "id": "e-1"})";
constexpr const char* kCloud =
    R"({"specversion": "1.0", "id": "e-1", "source": "/crm", "type": "AssetCreated", "subject": "4711"})";

struct Bodies : ::testing::Test {
  Result<Event> read(std::string body, std::string type = "", std::string encoding = "") const {
    return reader.read({std::move(type), std::move(encoding), std::move(body)});
  }
  std::string refusal(std::string body, std::string type = "", std::string encoding = "") const {
    const auto event = read(std::move(body), std::move(type), std::move(encoding));
    if (event) return "it was read";
    EXPECT_EQ(event.error().code, ErrorCode::InvalidInput);
    return event.error().message;
  }
  Catalogue catalogue{builtinChangeTypes()};
  BodyReader reader{catalogue};
};

TEST_F(Bodies, AreEventsOfJson) {
  for (const auto* type : {"", "application/json", "Application/JSON; charset=UTF-8"}) {
    const auto event = read(kPlain, type);
    ASSERT_TRUE(event) << type << event.error().message;
    EXPECT_EQ(event->type, "AssetCreated");
    EXPECT_EQ(event->itemId, ItemId(7));
    EXPECT_EQ(event->baseId, ItemId("b"));
    EXPECT_EQ(event->id, "e-1");
    EXPECT_EQ(event->source, "");
  }
}

TEST_F(Bodies, AreCloudEventsByTheirTypeOrWithoutOneByTheirMember) {
  for (const auto* type : {"", "application/cloudevents+json", "application/cloudevents+json; charset=utf-8"}) {
    const auto event = read(kCloud, type);
    ASSERT_TRUE(event) << type << event.error().message;
    EXPECT_EQ(event->itemId, ItemId(4711));
    EXPECT_EQ(event->baseId, ItemId(4711));
    EXPECT_EQ(event->source, "/crm");
  }
  EXPECT_THAT(refusal(kCloud, "application/json"), HasSubstr("/specversion: An event has no such member."));
  EXPECT_THAT(refusal(kPlain, "application/cloudevents+json"), HasSubstr("/specversion: It is required."));
}

TEST_F(Bodies, MayNameTheirCharacterSetAsAnEncoding) {
  for (const auto* encoding : {"UTF-8", "identity", "Identity"})
    EXPECT_TRUE(read(kPlain, "application/json", encoding));
  EXPECT_THAT(refusal(kPlain, "application/json", "gzip"),
              StartsWith("Its content encoding is gzip; what is read is "));
}

TEST_F(Bodies, OfOtherTypesAreNotGuessedAt) {
  for (const auto* type : {"text/plain", "application/cloudevents-batch+json", "application/x-ndjson", "text/json",
                           "application/json; charset=latin1", "json"})
    EXPECT_THAT(refusal(kPlain, type), StartsWith("Its content type is " + std::string(type) + "; "));
  EXPECT_THAT(refusal(kPlain, "a\x1b[2J"), Not(HasSubstr("\x1b")));
}

TEST_F(Bodies, HoldOneEventOnly) {
  const auto list = "[" + std::string(kPlain) + "]";
  EXPECT_EQ(refusal(list), "An event is a JSON object.");
  EXPECT_EQ(refusal("[" + std::string(kCloud) + "]", "application/cloudevents+json"), "A CloudEvent is a JSON object.");
  EXPECT_THAT(refusal(std::string(kPlain) + "\n" + kPlain), Not(HasSubstr("it was read")));
  for (const auto* body : {"", " ", "1", "null", "\"x\"", "{", "\xff"})
    EXPECT_THAT(refusal(body), Not(HasSubstr("it was read")));
}

TEST_F(Bodies, ThatAreWrongAreTellingInOneSentenceOfBoundedLength) {
  EXPECT_EQ(refusal(R"({"type": "Invented", "itemId": 1, "baseId": 1, "x": 2})"),
            "/type: There is no event type 'Invented'; GET /change-types lists them. /x: An event has no such member.");
  std::string many = R"({"type": "AssetCreated")";
  for (int i = 0; i < 50; ++i) many += ", \"" + std::string(300, 'a') + std::to_string(i) + "\": 1";
  const auto sentence = refusal(many + "}");
  EXPECT_LT(sentence.size(), 1100U);
  const std::string deep = R"({"type": "AssetCreated", "itemId": 1, "baseId": 1, "data": )" + std::string(5000, '[');
  EXPECT_THAT(refusal(deep + std::string(5000, ']') + "}"), Not(HasSubstr("it was read")));
}

TEST_F(Bodies, WithHugeNumbersAreReadAsElsewhere) {
  EXPECT_TRUE(read(R"({"type": "AssetCreated", "itemId": 1, "baseId": 1, "data": 1e999})"));
}

}  // namespace
}  // namespace lull::api
