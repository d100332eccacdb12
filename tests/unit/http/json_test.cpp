#include <lull/http/json.hpp>

#include <gtest/gtest.h>

namespace lull::http {
namespace {

std::string repeated(const std::string& part, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + part;
  return text;
}

TEST(JsonBody, HasABoundedNumberOfValues) {
  for (const std::string value : {"1", "{}", "[]", "\"x\"", "null"}) {
    const auto most = parseJson("[" + repeated(value, kMaxJsonValues - 1) + "]");
    ASSERT_TRUE(std::holds_alternative<Json>(most)) << value;
    EXPECT_EQ(std::get<Json>(most).size(), kMaxJsonValues - 1);
    const auto more = parseJson("[" + repeated(value, kMaxJsonValues) + "]");
    ASSERT_TRUE(std::holds_alternative<JsonFault>(more)) << value;
    EXPECT_EQ(std::get<JsonFault>(more).detail, "The body has more than 10,000 values.");
  }
}

TEST(JsonBody, OfManyLevelsIsRefusedAndEndsNothing) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += open;
    const auto parsed = parseJson(deep);
    ASSERT_TRUE(std::holds_alternative<JsonFault>(parsed));
    EXPECT_EQ(std::get<JsonFault>(parsed).detail, kTooDeep);
  }
}

TEST(JsonBody, DoesNotEndAtANulByte) {
  for (const auto& text : {std::string("{\"a\":1}\0", 8), std::string("{\"a\":1}\0x", 9),
                           std::string("{\"a\":\"\0\"}", 9), std::string("\0{}", 3), std::string("{}\0{}", 5)}) {
    const auto parsed = parseJson(text);
    ASSERT_TRUE(std::holds_alternative<JsonFault>(parsed)) << text;
    EXPECT_EQ(std::get<JsonFault>(parsed).detail, notJsonAt(text.find('\0') + 1));
  }
  EXPECT_TRUE(std::holds_alternative<Json>(parseJson(R"({"a":"\u0000"})")));
}

}  // namespace
}  // namespace lull::http
