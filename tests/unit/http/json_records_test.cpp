#include <lull/http/json_records.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lull::http {
namespace {

using ::testing::ElementsAre;

/// Writes down what it is told.
class Listing final : public JsonRecords {
 public:
  std::vector<std::string> lines;

 private:
  void beginRecord() override { lines.push_back("begin " + recordPointer()); }
  void endRecord() override { lines.push_back("end " + recordPointer()); }
  bool member(const std::string& name) override {
    lines.push_back(name);
    return name != "stop";
  }
  void value(const JsonValue& value) override {
    const char* kind = "other ";
    if (value.kind == JsonValue::Kind::Null) kind = "null ";
    if (value.kind == JsonValue::Kind::Integer) kind = "integer ";
    if (value.kind == JsonValue::Kind::Text) kind = "text ";
    lines.back() += ": " + (kind + std::string(raw()));
  }
  void noRecord() override { lines.push_back("no record " + recordPointer()); }
  void broken(std::string detail) override { lines.push_back(std::move(detail)); }
};

std::vector<std::string> linesOf(std::string_view text, JsonRecords::Form form = JsonRecords::Form::OneOrArray,
                                 JsonRecords::Numbers numbers = JsonRecords::Numbers::AsTheyAre) {
  Listing listing;
  listing.read(text, form, numbers);
  return listing.lines;
}

TEST(JsonRecords, TellMembersWithTheirTextAsItWasReceived) {
  EXPECT_THAT(linesOf(R"({"a": 1 ,"b":"x\n","c":null,"d":true,"e":1.50,"f": {"a":[1, 2]}, "g":[ ]})"),
              ElementsAre("begin ", "a: integer 1", R"(b: text "x\n")", "c: null null", "d: other true",
                          "e: other 1.50", R"(f: other {"a":[1, 2]})", "g: other [ ]", "end "));
}

TEST(JsonRecords, OfAnArrayHaveAPlaceEach) {
  EXPECT_THAT(linesOf(R"([{"a":9223372036854775808}, 7, {}])"),
              ElementsAre("begin /0", "a: other 9223372036854775808", "end /0", "no record /1", "begin /2", "end /2"));
}

TEST(JsonRecords, AreNotRecordsOfAnArrayWhereOneIsWanted) {
  EXPECT_THAT(linesOf("[{}]", JsonRecords::Form::One), ElementsAre("no record "));
}

/// Writes down the one value that a text is.
std::vector<std::string> valueOf(std::string_view text) {
  Listing listing;
  listing.lines.emplace_back("value");
  listing.read(text, JsonRecords::Form::Value, JsonRecords::Numbers::Shortened);
  return listing.lines;
}

TEST(JsonRecords, AreNoneInATextThatIsOneValue) {
  EXPECT_THAT(valueOf(R"( {"a":{"b":[{}]}} )"), ElementsAre(R"(value: other {"a":{"b":[{}]}})"));
  EXPECT_THAT(valueOf("[[1],{\"a\":2}]\n"), ElementsAre("value: other [[1],{\"a\":2}]"));
  EXPECT_THAT(valueOf(" 12 "), ElementsAre("value: integer 12"));
  EXPECT_THAT(valueOf("1e400"), ElementsAre("value: other 1e400"));
  EXPECT_THAT(valueOf("\"a]\""), ElementsAre("value: text \"a]\""));
  EXPECT_THAT(valueOf("null"), ElementsAre("value: null null"));
  EXPECT_THAT(valueOf("\xef\xbb\xbf[]"), ElementsAre("value: other []")) << "a byte order mark is no part of it";
  EXPECT_THAT(valueOf(""), ElementsAre("value", notJsonAt(1)));
  EXPECT_THAT(valueOf("[1}"), ElementsAre("value", notJsonAt(3)));
  EXPECT_THAT(valueOf(std::string(65, '[')), ElementsAre("value", std::string(kTooDeep)));
  EXPECT_EQ(valueOf("{} {}").back(), notJsonAt(4));
}

TEST(JsonRecords, DoNotEndAtANulByte) {
  for (const auto numbers : {JsonRecords::Numbers::AsTheyAre, JsonRecords::Numbers::Shortened}) {
    EXPECT_THAT(linesOf(std::string("[{}]\0[{}]", 9), JsonRecords::Form::OneOrArray, numbers),
                ElementsAre(notJsonAt(5)));
    EXPECT_THAT(linesOf(std::string("{}\0", 3), JsonRecords::Form::One, numbers), ElementsAre(notJsonAt(3)));
  }
}

TEST(JsonRecords, EndWhereTheReaderWants) {
  EXPECT_THAT(linesOf(R"({"stop":1,"a":2})"), ElementsAre("begin ", "stop"));
}

TEST(JsonRecords, WithANumberThatNoDoubleHoldsAreReadAgain) {
  Listing first;
  EXPECT_FALSE(first.read(R"({"a":1e400})", JsonRecords::Form::One, JsonRecords::Numbers::AsTheyAre));
  EXPECT_THAT(linesOf(R"({"a":1e400})", JsonRecords::Form::One, JsonRecords::Numbers::Shortened),
              ElementsAre("begin ", "a: other 1e400", "end "));
}

}  // namespace
}  // namespace lull::http
