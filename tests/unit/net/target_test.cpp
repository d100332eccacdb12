// How URLs are read is tested in tests/unit/text; here, that sending reads them so.
#include "unit/text/url_rows.hpp"

#include <lull/net/target.hpp>

#include <gtest/gtest.h>

namespace lull::net {

namespace {

TEST(Target, IsWhatTheUrlSays) {
  for (const auto& [url, parts] : text::testing::acceptedUrls()) {
    const auto target = parseTarget(url);
    ASSERT_TRUE(target.ok()) << url;
    const ports::Target expected{parts.tls,          parts.host,       parts.port,
                                 parts.pathAndQuery, parts.hostHeader, parts.absolute};
    EXPECT_EQ(*target, expected) << url;
  }
}

TEST(Target, KeepsTheDotOfAnAbsoluteNameForTheResolverOnly) {
  const auto target = parseTarget("http://hooks.example.test.:8080/").value();
  EXPECT_EQ(target.lookupName(), "hooks.example.test.");
  EXPECT_EQ(target.host, "hooks.example.test");
  EXPECT_EQ(target.hostHeader, "hooks.example.test:8080");
  EXPECT_EQ(parseTarget("http://hooks.example.test/").value().lookupName(), "hooks.example.test");
}

TEST(Target, IsNotThereForARefusedUrl) {
  for (const auto& url : text::testing::refusedUrls()) {
    const auto target = parseTarget(url);
    ASSERT_FALSE(target.ok()) << url;
    EXPECT_EQ(target.error().code, ErrorCode::InvalidInput);
    ASSERT_EQ(target.error().fields.size(), 1U);
    EXPECT_EQ(target.error().fields.front().pointer, "/url");
  }
}

}  // namespace

}  // namespace lull::net
