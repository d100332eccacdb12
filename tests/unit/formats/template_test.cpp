#include "rendering.hpp"

#include <regex>

namespace lull::formats::testing {

namespace {

TEST(Template, GivesAPlaceholderThatStandsAloneItsType) {
  const std::vector<std::pair<std::string, std::string>> rows{{R"("{itemId}")", "4711"},
                                                              {R"("{baseId}")", "12"},
                                                              {R"("{idName}")", R"("AssetId")"},
                                                              {R"("{changeType}")", "1"},
                                                              {R"("{changeTypeName}")", R"("AssetChanged")"},
                                                              {R"("{eventType}")", R"("AssetCreated")"},
                                                              {R"("{operation}")", R"("create")"},
                                                              {R"("{resource}")", R"("AssetChanged")"},
                                                              {R"("{resourceIdName}")", R"("AssetChanged_id")"},
                                                              {R"("{scope}")", "null"},
                                                              {R"("{sequence}")", "1764000000000077"},
                                                              {R"("{eventCount}")", "20"},
                                                              {R"("{occurredAt}")", R"("2021-01-01T00:00:00Z")"},
                                                              {R"("{sentAt}")", R"("2018-10-09T08:51:11.295Z")"},
                                                              {R"("{data}")", "null"},
                                                              {R"("{messageId}")", R"("msg_e_1_77")"},
                                                              {R"("{value.Source}")", R"("/lull/test")"},
                                                              {R"("{value.SOURCE}")", R"("/lull/test")"},
                                                              {R"("{value.Quoted}")", R"("a\"b")"}};
  for (const auto& [json, expected] : rows) EXPECT_EQ(rendered(json), expected) << json;
}

TEST(Template, MakesATextOfEverythingElse) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {R"("{itemId:text}")", R"("4711")"},
      {R"("{sequence:text}")", R"("1764000000000077")"},
      {R"("{scope:text}")", R"("")"},
      {R"("{data:text}")", R"("")"},
      {R"("item {itemId}")", R"("item 4711")"},
      {R"("{itemId}{baseId}")", R"("471112")"},
      {R"("[{scope}|{data}|{value.Quoted:text}]")", R"("[||a\"b]")"}};
  for (const auto& [json, expected] : rows) EXPECT_EQ(rendered(json), expected) << json;
}

TEST(Template, WritesTimesWithMillisecondsOnlyWhenThereAreSome) {
  auto what = message();
  const std::vector<std::pair<std::int64_t, std::string>> times{
      {0, R"(["1970-01-01T00:00:00Z",0,0,"0","0"])"},
      {1'609'459'200'120, R"(["2021-01-01T00:00:00.120Z",1609459200120,1609459200,"1609459200120","1609459200"])"},
      {1'609'459'200'001, R"(["2021-01-01T00:00:00.001Z",1609459200001,1609459200,"1609459200001","1609459200"])"},
      {1'609'459'199'999, R"(["2020-12-31T23:59:59.999Z",1609459199999,1609459199,"1609459199999","1609459199"])"},
      {-1, R"(["1969-12-31T23:59:59.999Z",-1,-1,"-1","-1"])"}};
  for (const auto& [millis, expected] : times) {
    what.occurredAt = what.sentAt = instantOf(millis);
    for (const std::string name : {"occurredAt", "sentAt"}) {
      const auto json = "[\"{" + name + "}\", \"{" + name + ":ms}\", \"{" + name + ":s}\", \"{" + name +
                        ":ms:text}\", \"{" + name + ":s:text}\"]";
      EXPECT_EQ(rendered(json, what), expected) << json;
    }
  }
}

TEST(Template, KeepsTheOrderOfMembersAndEveryKindOfJsonWithoutWhiteSpace) {
  EXPECT_EQ(rendered(R"( { "z" : 1 , "a" : [ true , false , null , -0.5 , 1e2 , [ ] , { } ] , "" : "x y",
                       "m" : { "{idName}" : { "k/~" : [ "{itemId}" , "{itemId:text}" ] } } } )"),
            R"({"z":1,"a":[true,false,null,-0.5,1e2,[],{}],"":"x y","m":{"AssetId":{"k/~":[4711,"4711"]}}})");
  EXPECT_EQ(rendered("12345678901234567890"), "12345678901234567890");
}

TEST(Template, MayHavePlaceholdersInNamesOfMembers) {
  EXPECT_EQ(rendered(R"({"{itemId}": 1, "{resource}-{itemId}": 2, "{{": 3})"),
            R"({"4711":1,"AssetChanged-4711":2,"{":3})");
}

TEST(Template, ABraceIsWrittenTwice) {
  EXPECT_EQ(rendered(R"(["{{", "}}", "}", "{{itemId}}", "{{{itemId}}}", "{{}}", "a{{b}c}}d"])"),
            R"(["{","}","}","{itemId}","{4711}","{}","a{b}c}d"])");
}

TEST(Template, EscapesWhateverAnIdHolds) {
  auto what = message();
  what.key.itemId = ItemId(std::string("a\"b\\c\b\f\n\r\t\x01\x1f\x7f/\xC3\xBC\xF0\x9F\x98\x80"));
  const std::string inside = "a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\xC3\xBC\xF0\x9F\x98\x80";
  EXPECT_EQ(rendered(R"({"{itemId}": ["{itemId}", "{itemId:text}", "-{itemId}-"]})", what),
            "{\"" + inside + "\":[\"" + inside + "\",\"" + inside + "\",\"-" + inside + "-\"]}");
  // What is no UTF-8 can still be sent as JSON: half of a surrogate pair, a cut character, a stray byte.
  what.key.itemId = ItemId(std::string("\xED\xA0\x80|\xC3|\xFF"));
  const std::string no = "\xEF\xBF\xBD";
  EXPECT_EQ(rendered(R"("{itemId}")", what), "\"" + no + no + no + "|" + no + "|" + no + "\"");
}

TEST(Template, PutsDataInAsItWasGiven) {
  auto what = message();
  what.payload.data = "{ \"a\" : [1.0, 1e400, \"\\u00fc\"],\n\"a\":12345678901234567890123}";
  EXPECT_EQ(rendered(R"({"data": "{data}"})", what), "{\"data\":" + what.payload.data + "}");
  EXPECT_EQ(rendered(R"("{data:text}")", what),
            R"("{ \"a\" : [1.0, 1e400, \"\\u00fc\"],\n\"a\":12345678901234567890123}")");
  what.payload.data = "\"" + std::string(std::size_t{64} * 1024 - 2, 'x') + "\"";
  EXPECT_EQ(rendered(R"(["{data}"])", what), "[" + what.payload.data + "]");
  what.payload.data = "null";
  EXPECT_EQ(rendered(R"("<{data}>")", what), R"("<null>")");
}

TEST(Template, KnowsTheScope) {
  auto what = message();
  what.payload.scope = "AA";
  EXPECT_EQ(rendered(R"(["{scope}", "in {scope}"])", what), R"(["AA","in AA"])");
}

TEST(Template, TakesTheWordsForAnItemFromTheEventThenFromTheChangeType) {
  struct Row {
    std::uint32_t changeType;
    std::string event;
    std::string expected;
  };
  for (const auto& [changeType, event, expected] :
       std::vector<Row>{{1, "AssetCreated", R"({"AssetChanged":"AssetChanged_id"})"},
                        {16, "PersonCreated", R"({"personer":"personer_id"})"},
                        {16, "PhoneUpdated", R"({"telefoner":"person_id"})"},
                        {32, "CourseCreated", R"({"emner":"emnekode"})"},
                        {32, "PhoneUpdated", R"({"emner":"emnekode"})"},  // an event that moved to another type since
                        {32, "Forgotten", R"({"emner":"emnekode"})"},
                        {64, "PhoneUpdated", "{\"unknown (64)\":\"unknown (64)_id\"}"}}) {
    auto what = message();
    what.key.changeType = changeType;
    what.payload.eventType = event;
    EXPECT_EQ(rendered(R"({"{resource}": "{resourceIdName}"})", what), expected);
  }
}

TEST(Template, TheUuidIsThatOfTheMessageOnEveryAttempt) {
  auto what = message();
  const auto first = rendered(R"("{uuid}")", what);
  EXPECT_TRUE(
      std::regex_match(first, std::regex("\"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"")))
      << first;
  what.attempts = 9;
  EXPECT_EQ(rendered(R"("{uuid}")", what), first);
  EXPECT_EQ(first, R"("1c7d930c-0397-5977-9c4c-6fd3a66ef4cf")");
  what.id += "0";
  EXPECT_NE(rendered(R"("{uuid}")", what), first);
}

TEST(Template, HeaderValuesArePercentEncodedAsCloudEventsWantIt) {
  auto what = message();
  what.key.itemId = ItemId(std::string("a b\"c%d\n\xC3\xBC\xE2\x82\xAC~"));
  std::string out;
  readHeaderTemplate("<{itemId}> {value.Quoted}", kValues)->appendTo(out, what, catalogue());
  EXPECT_EQ(out, "<a%20b%22c%25d%0A%C3%BC%E2%82%AC~>%20a%22b");
}

TEST(Template, InATextNothingIsEscaped) {
  auto what = message();
  what.key.itemId = ItemId(std::string("a b\"c%d.\xC3\xBC"));
  std::string out;
  readTextTemplate("no.{{x}}.{itemId}.{value.Quoted}", kValues)->appendTo(out, what, catalogue());
  EXPECT_EQ(out, "no.{x}.a b\"c%d.\xC3\xBC.a\"b");
  const auto wrong = readTextTemplate("{itemID}.{value.None}", kValues);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().fields.size(), 2U);
}

}  // namespace

}  // namespace lull::formats::testing
