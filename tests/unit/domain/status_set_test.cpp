#include <lull/domain/status_set.hpp>

#include <gtest/gtest.h>

namespace lull {
namespace {

TEST(StatusSet, HoldsCodesAndClasses) {
  const auto set = StatusSet::parse("2xx,400,5XX").value();
  for (const int status : {200, 204, 299, 400, 500, 599}) EXPECT_TRUE(set.contains(status)) << status;
  for (const int status : {-1, 0, 100, 199, 300, 401, 499, 600, 100000}) EXPECT_FALSE(set.contains(status)) << status;
}

TEST(StatusSet, EmptyTextIsTheEmptySet) {
  EXPECT_TRUE(StatusSet::parse("").value().empty());
  EXPECT_FALSE(StatusSet::parse("200").value().empty());
}

TEST(StatusSet, WritesItsCanonicalText) {
  EXPECT_EQ(StatusSet::parse("501,2xx,400,413").value().text(), "2xx,400,413,501");
  EXPECT_EQ(StatusSet::parse("").value().text(), "");
}

TEST(StatusSet, FindsTheFirstSharedStatus) {
  const auto set = StatusSet::parse("2xx").value();
  EXPECT_EQ(set.firstShared(StatusSet::parse("400,299,204").value()), 204);
  EXPECT_EQ(set.firstShared(StatusSet::parse("4xx").value()), 0);
}

TEST(StatusSet, NamesTheWrongEntry) {
  for (const std::string entry : {"6xx", "099", "600", "20", "2000", "2x", "x00", "2xX", "-20", "200-204", "ok"}) {
    const auto result = StatusSet::parse("200," + entry);
    ASSERT_FALSE(result.ok()) << entry;
    EXPECT_NE(result.error().message.find("'" + entry + "'"), std::string::npos) << result.error().message;
  }
  for (const std::string text : {",", "200,", ",200", "200,,204"}) EXPECT_FALSE(StatusSet::parse(text).ok()) << text;
}

}  // namespace
}  // namespace lull
