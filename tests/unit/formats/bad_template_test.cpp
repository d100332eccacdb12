#include "rendering.hpp"

#include <gmock/gmock.h>

namespace lull::formats::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::vector<std::string> faultsOf(std::string_view json) {
  std::vector<std::string> faults;
  const auto read = readTemplate(json, kValues);
  if (read) return faults;
  for (const auto& [pointer, detail] : read.error().fields) faults.push_back(pointer + ": " + detail);
  return faults;
}

TEST(BadTemplate, SaysWhereAndWhatIsNearest) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {R"({"a": {"b": ["x", "{itemID}"]}})", "/a/b/1: {itemID} is no placeholder; the nearest is {itemId}."},
      {R"({"{resourceName}": 1})",
       "/{resourceName}: The name of this member: {resourceName} is no placeholder; the nearest is {resourceIdName}."},
      {R"({"a~/b": "{ocurredAt}"})", "/a~0~1b: {ocurredAt} is no placeholder; the nearest is {occurredAt}."},
      {R"("{values.Source}")", ": {values.Source} is no placeholder; the nearest is {value.NAME}."},
      {R"("{value.Sorce}")",
       ": {value.Sorce} needs FormatValues:Sorce, which nothing sets; the nearest that is set is FormatValues:source."},
      {R"("{itemId:txt}")", ": {itemId:txt} has no form \"txt\"; the nearest is :text."},
      {R"("{itemId:ms}")", ": {itemId:ms} is no time; only {occurredAt} and {sentAt} have the forms :ms and :s."},
      {R"("{sentAt:text:ms}")", ": {sentAt:text:ms} goes on behind :text, which stands last."},
      {R"("{sentAt:ms:s}")", ": {sentAt:ms:s} has two forms of a time; one of :ms and :s is enough."},
      {R"("{itemId:}")", ": {itemId:} has no form \"\"; the nearest is :s."},
      {R"(["{}"])", "/0: {} names nothing; a placeholder is such as {itemId}, and {{ is a brace."},
      {R"(["{itemId"])", "/0: A { has no } behind it; write {{ for a brace."},
      {R"({"a": 1, "a": 2})", "/a: This member is given more than once."},
      {R"({"a": )", ": It is not valid JSON near byte 7."},
      {R"({} x)", ": It is not valid JSON near byte 4."},
      {R"({"a": "\ud800"})", ": It is not valid JSON near byte 14."},
      {"", ": It is not valid JSON near byte 1."},
      {std::string("{}\0", 3), ": It is not valid JSON near byte 3."},
      {"{itemId}", ": It is not valid JSON near byte 2."}};
  for (const auto& [json, expected] : rows) EXPECT_THAT(faultsOf(json), ElementsAre(expected)) << json;
}

TEST(BadTemplate, HasOneFaultForEachMistake) {
  EXPECT_THAT(
      faultsOf(R"({"a": "{itemid} {baseid}", "b": ["{x:y}", {"c": "{ {itemId}"}], "a": "{sentAt:sec}"})"),
      ElementsAre("/a: {itemid} is no placeholder; the nearest is {itemId}.",
                  "/a: {baseid} is no placeholder; the nearest is {baseId}.", HasSubstr("/b/0: {x:y} is no"),
                  "/b/1/c: A { has no } behind it; write {{ for a brace.", "/a: This member is given more than once.",
                  HasSubstr("/a: {sentAt:sec} has no form \"sec\"")));
}

TEST(BadTemplate, IsBoundedInDepthAndSize) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(rendered(nested(64)), nested(64));
  EXPECT_THAT(faultsOf(nested(65)), ElementsAre(HasSubstr("It is nested deeper than 64 levels.")));
  const auto sized = [](std::size_t bytes) { return "\"" + std::string(bytes - 2, 'x') + "\""; };
  EXPECT_EQ(rendered(sized(65'536)).size(), 65'536U);
  EXPECT_THAT(faultsOf(sized(65'537)), ElementsAre(": It is larger than 64 KiB."));
}

}  // namespace

}  // namespace lull::formats::testing
