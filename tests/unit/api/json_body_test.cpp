#include "../../../service/api/json_body.hpp"

#include <gtest/gtest.h>

namespace lull::api {
namespace {

std::string repeated(const std::string& part, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + part;
  return text;
}

TEST(JsonBody, HasABoundedNumberOfValues) {
  for (const std::string value : {"1", "{}", "[]", "\"x\"", "null"}) {
    InputErrors errors;
    const auto most = parseJson("[" + repeated(value, kMaxJsonValues - 1) + "]", errors);
    ASSERT_TRUE(most.has_value()) << value;
    EXPECT_EQ(most->size(), kMaxJsonValues - 1);
    EXPECT_FALSE(parseJson("[" + repeated(value, kMaxJsonValues) + "]", errors).has_value()) << value;
    EXPECT_EQ(errors.toError().fields.at(0).detail, "The body has more than 10,000 values.");
  }
}

TEST(JsonBody, OfManyLevelsIsRefusedAndEndsNothing) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += open;
    InputErrors errors;
    EXPECT_FALSE(parseJson(deep, errors).has_value());
    EXPECT_EQ(errors.toError().fields.at(0).detail, kTooDeep);
  }
}

}  // namespace
}  // namespace lull::api
