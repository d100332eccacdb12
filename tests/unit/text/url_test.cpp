#include "unit/text/url_rows.hpp"

#include <lull/text/ip_literal.hpp>
#include <lull/text/url.hpp>

#include <gtest/gtest.h>

namespace lull::text {

namespace {

Url parsed(std::string_view url) {
  return std::get<Url>(parseUrl(url));
}

TEST(Url, IsTakenApart) {
  for (const auto& row : testing::acceptedUrls()) {
    const auto result = parseUrl(row.url);
    const auto* fault = std::get_if<UrlFault>(&result);
    ASSERT_EQ(fault, nullptr) << row.url << ": " << fault->sentence;
    EXPECT_EQ(std::get<Url>(result), row.parts) << row.url;
  }
}

TEST(Url, IsRefusedWithASentenceThatRepeatsNothingOfIt) {
  for (const auto& url : testing::refusedUrls()) {
    const auto result = parseUrl(url);
    const auto* fault = std::get_if<UrlFault>(&result);
    ASSERT_NE(fault, nullptr) << url;
    EXPECT_TRUE(fault->sentence.ends_with('.')) << url;
    EXPECT_EQ(fault->sentence.find("secret"), std::string::npos);
  }
}

TEST(UriReference, HasTheCharactersOfOne) {
  for (const auto* reference :
       {"", "/dam/production", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", "https://a.test:1/b?c=d#e",
        "mailto:a@b.test", "1-555-123-4567", "//[::1]/", "../a%20b", "#"}) {
    EXPECT_TRUE(isUriReference(reference)) << reference;
  }
  for (const auto* other :
       {"a b", "a#b#c", "%", "%4", "a%zz", "bl\xc3\xa5", "<a>", "a\\b", "a\"b", "a\n", "{a}", "|", "^", "`"}) {
    EXPECT_FALSE(isUriReference(other)) << other;
  }
}

TEST(Url, WithAHostBeyondAsciiIsRefusedWithThatHost) {
  const auto host = [](std::string_view url) { return std::get<UrlFault>(parseUrl(url)).foreignHost; };
  EXPECT_EQ(host("https://BÜCHER.test:8443/a?b=ü"), "BÜCHER.test");
  EXPECT_EQ(host("http://user@bücher.test/"), "");
  EXPECT_EQ(host("http://hooks.test/bücher"), "");
}

TEST(Url, HasOneOriginHoweverItIsWritten) {
  const auto origin = [](std::string_view url) { return originOf(parsed(url)); };
  EXPECT_EQ(origin("HTTPS://Example.com/a?b"), "https://example.com:443");
  EXPECT_EQ(origin("https://example.com:0443"), "https://example.com:443");
  EXPECT_EQ(origin("http://[::ffff:192.0.2.1]"), origin("http://192.0.2.1:80/x"));
  EXPECT_EQ(origin("http://[2001:DB8:0::1]"), origin("http://[2001:db8::1]"));
  EXPECT_NE(origin("http://example.com"), origin("https://example.com:80"));
  EXPECT_NE(origin("http://example.com"), origin("http://example.com."));
}

TEST(IpLiteral, IsReadAndWrittenInItsOneForm) {
  EXPECT_EQ(textOf(parseIpLiteral("192.0.2.1").value()), "192.0.2.1");
  EXPECT_EQ(textOf(parseIpLiteral("2001:DB8:0:0::1").value()), "2001:db8::1");
  EXPECT_TRUE(parseIpLiteral("192.0.2.1")->isV4);
  EXPECT_FALSE(parseIpLiteral("::ffff:192.0.2.1")->isV4);
  EXPECT_EQ(withoutMapping(parseIpLiteral("::ffff:192.0.2.1").value()), parseIpLiteral("192.0.2.1"));
  EXPECT_EQ(withoutMapping(parseIpLiteral("::1").value()), parseIpLiteral("::1"));
  for (const std::string_view none :
       {std::string_view(""), std::string_view("127.1"), std::string_view("0x7f.0.0.1"), std::string_view("2130706433"),
        std::string_view("[::1]"), std::string_view("fe80::1%eth0"), std::string_view("127.0.0.1\0x", 11)}) {
    EXPECT_FALSE(parseIpLiteral(none)) << none;
  }
}

}  // namespace

}  // namespace lull::text
