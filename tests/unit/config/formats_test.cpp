#include "config_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

namespace lull::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class FormatSettings : public ConfigTest {
 protected:
  /// The lines of the message that report a problem.
  std::vector<std::string> problems(const std::string& json) {
    settingsFile(json);
    std::vector<std::string> lines;
    std::istringstream text(error());
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("  error: ")) lines.push_back(line.substr(9));
    }
    return lines;
  }
};

TEST_F(FormatSettings, AreReadWithTheirValues) {
  settingsFile(R"({"Formats": [{"Name": "Own", "Body": "{\n \"id\": \"{itemId}\", \"env\": \"{value.Env}\"\n}"},
                               {"Name": "Other", "ContentType": "text/x; v=1", "Body": "[]"}],
                   "FormatValues": {"env": "test", "Empty": "", "Null": null}})");
  input_.environment["FORMATVALUES__ENV"] = "prod";
  const auto loaded = this->loaded();
  EXPECT_THAT(loaded.warnings, IsEmpty());
  ASSERT_EQ(loaded.settings.formats.size(), 2U);
  EXPECT_EQ(loaded.settings.formats[0].name, "Own");
  EXPECT_EQ(loaded.settings.formats[0].contentType, "application/json");
  EXPECT_EQ(loaded.settings.formats[0].body, "{\n \"id\": \"{itemId}\", \"env\": \"{value.Env}\"\n}");
  EXPECT_EQ(loaded.settings.formats[1].contentType, "text/x; v=1");
  EXPECT_THAT(loaded.settings.formatValues, ElementsAre(Pair("env", "prod")));
}

TEST_F(FormatSettings, EachMistakeInABodyIsOneProblemWithPlaceAndNearestWord) {
  EXPECT_THAT(
      problems(R"({"Formats": [{"Name": "Own", "Body": "{\"a\": [\"{itemID}\", \"{value.Sorce}\"], \"{idname}\": 1}"}],
                   "FormatValues": {"Source": "/x"}})"),
      ElementsAre(testing::AllOf(testing::StartsWith("Formats:0:Body = \"{\"a\""), HasSubstr("appsettings.json:1"),
                                 HasSubstr("at /a/0: {itemID} is no placeholder; the nearest is {itemId};")),
                  HasSubstr("at /a/1: {value.Sorce} needs FormatValues:Sorce, which nothing sets; the nearest that is "
                            "set is FormatValues:source;"),
                  HasSubstr("at /{idname}: The name of this member: {idname} is no placeholder; the nearest is "
                            "{idName};")));
  EXPECT_THAT(problems(R"({"Formats": [{"Name": "Own", "Body": "{\"a\" 1}"}]})"),
              ElementsAre(testing::AllOf(HasSubstr("Formats:0:Body = \"{\"a\" 1}\""), HasSubstr("near byte 6"))));
  EXPECT_THAT(problems(R"({"Formats": [{"Name": "Own", "Body": "[\"{itemId\"]"}]})"),
              ElementsAre(HasSubstr("at /0: A { has no } behind it; write {{ for a brace;")));
}

TEST_F(FormatSettings, NeedANameOfTheirOwnAndABody) {
  EXPECT_THAT(problems(R"({"Formats": [{"Name": "Own"}, {"Body": "{}"}, {"Name": "own", "Body": "1"},
                                       {"Name": "claims", "Body": "1"}, {"Name": "a b", "Body": "1"},
                                       {"Name": "C", "ContentType": "json", "Body": "1"}]})"),
              ElementsAre(HasSubstr("Formats:4:Name = \"a b\""), HasSubstr("Formats:5:ContentType = \"json\""),
                          "Formats:0:Body: is missing", "Formats:1:Name: is missing",
                          HasSubstr("is also in Formats:0:Name"), HasSubstr("is a built-in format")));
}

TEST_F(FormatSettings, ABodyThatIsNoTextIsWarnedOf) {
  settingsFile(R"({"Formats": [{"Name": "Own", "Body": {"id": "{itemId}"}}]})");
  const auto text = error();
  EXPECT_THAT(text, HasSubstr("error: Formats:0:Body: is missing"));
  EXPECT_THAT(text, HasSubstr("warning: Formats:0:Body:id: unknown key"));
}

class EventSettingsOfTypes : public FormatSettings {
 protected:
  static std::string withEvents(const std::string& events, const std::string& more = "") {
    return R"({"ChangeTypes": [{"Name": "PersonChanged", "Value": 1, "IdName": "PersonId", "Events": )" + events +
           more + "}]}";
  }
};

TEST_F(EventSettingsOfTypes, AnEventIsANameOrAnObject) {
  settingsFile(withEvents(R"(["PersonCreated", {"Name": "PhoneGone", "Operation": "Update", "Resource": "phones",
                              "ResourceIdName": "person_id"}, "PersonDeleted", {"Name": "Left"}])",
                          R"(, "Resource": "persons", "ResourceIdName": "pid")"));
  const auto loaded = this->loaded();
  EXPECT_THAT(loaded.warnings, IsEmpty());
  const auto& type = loaded.settings.changeTypes.at(0);
  EXPECT_EQ(type.resource, "persons");
  EXPECT_EQ(type.resourceIdName, "pid");
  std::vector<std::string> names;
  for (const auto& event : type.events) names.push_back(event.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("PersonCreated", "PhoneGone", "PersonDeleted", "Left"));
  const auto phone = std::ranges::find(type.events, "PhoneGone", &EventType::name);
  EXPECT_EQ(phone->operation, Operation::Update);
  EXPECT_EQ(phone->resource, "phones");
  EXPECT_EQ(phone->resourceIdName, "person_id");
}

TEST_F(EventSettingsOfTypes, ALayerAboveReplacesAnEntryByAnObjectAndBack) {
  const auto names = [this] {
    std::vector<std::string> all;
    const auto types = settings().changeTypes;
    for (const auto& event : types.at(0).events) all.push_back(event.name);
    return all;
  };
  settingsFile(withEvents(R"("A, B, C")"));
  input_.environment["ChangeTypes__0__Events__1__Name"] = "X";
  EXPECT_THAT(names(), testing::UnorderedElementsAre("A", "X", "C"));
  input_.arguments = {"--ChangeTypes:0:Events:1=Y"};
  EXPECT_THAT(names(), testing::UnorderedElementsAre("A", "Y", "C"));
  input_.arguments = {"--ChangeTypes:0:Events=Z"};
  EXPECT_THAT(names(), ElementsAre("Z"));
}

TEST_F(EventSettingsOfTypes, AnObjectNeedsANameAndEveryEventIsThereOnce) {
  EXPECT_THAT(problems(withEvents(R"([{"Operation": "create"}])")),
              ElementsAre("ChangeTypes:0:Events:0:Name: is missing"));
  EXPECT_THAT(problems(withEvents(R"(["A", {"Name": "A"}])")),
              ElementsAre(HasSubstr("is also in ChangeTypes:0:Events")));
  EXPECT_THAT(problems(withEvents(R"([{"Name": "A", "Operation": "made"}])")),
              ElementsAre(HasSubstr("ChangeTypes:0:Events:0:Operation = \"made\"")));
}

}  // namespace
}  // namespace lull::config
