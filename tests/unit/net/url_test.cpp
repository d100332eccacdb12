#include <lull/net/url.hpp>

#include <gtest/gtest.h>

namespace lull::net {

namespace {

TEST(Url, IsTakenApart) {
  struct Row {
    std::string url;
    ports::Target target;
  };
  const std::vector<Row> rows{
      {"http://example.com", {false, "example.com", 80, "/", "example.com"}},
      {"HTTPS://Example.COM/a/../b?x=%20&y", {true, "example.com", 443, "/a/../b?x=%20&y", "example.com"}},
      {"http://example.com:8080?q", {false, "example.com", 8080, "/?q", "example.com:8080"}},
      {"https://example.com:443/", {true, "example.com", 443, "/", "example.com"}},
      {"https://example.com:80/", {true, "example.com", 80, "/", "example.com:80"}},
      {"http://example.com./", {false, "example.com", 80, "/", "example.com", true}},
      {"http://127.0.0.1./", {false, "127.0.0.1", 80, "/", "127.0.0.1"}},
      {"http://127.0.0.1:9000/x", {false, "127.0.0.1", 9000, "/x", "127.0.0.1:9000"}},
      {"http://[2001:DB8::1]:81/", {false, "2001:db8::1", 81, "/", "[2001:db8::1]:81"}},
      {"http://[::ffff:127.0.0.1]/", {false, "127.0.0.1", 80, "/", "127.0.0.1"}},
      {"http://xn--bcher-kva.example/", {false, "xn--bcher-kva.example", 80, "/", "xn--bcher-kva.example"}},
      {"http://under_score.local/", {false, "under_score.local", 80, "/", "under_score.local"}},
  };
  for (const auto& row : rows) {
    const auto parsed = parseUrl(row.url);
    ASSERT_TRUE(parsed.ok()) << row.url << ": " << parsed.error().fields.front().detail;
    EXPECT_EQ(*parsed, row.target) << row.url;
  }
}

TEST(Url, KeepsTheDotOfAnAbsoluteNameForTheResolverOnly) {
  const auto target = parseUrl("http://hooks.example.test.:8080/").value();
  EXPECT_EQ(target.lookupName(), "hooks.example.test.");
  EXPECT_EQ(target.host, "hooks.example.test");
  EXPECT_EQ(target.hostHeader, "hooks.example.test:8080");
  EXPECT_EQ(parseUrl("http://hooks.example.test/").value().lookupName(), "hooks.example.test");
}

TEST(Url, IsRefusedAtItsPointer) {
  const std::vector<std::string> urls{
      "",
      "/relative",
      "example.com/x",
      "ftp://example.com/",
      "http:example.com",
      "http:///x",
      "http://",
      "http://user@example.com/",
      "http://user:secret@example.com/",
      "http://example.com#top",
      "http://exa mple.com/",
      " http://example.com/",
      "http://example.com/\r\nX: y",
      std::string("http://example.com/\0", 20),
      "http://example.com:/",
      "http://example.com:0/",
      "http://example.com:65536/",
      "http://example.com:+80/",
      "http://example.com:80a/",
      "http://b\xC3\xBC"
      "cher.example/",
      "http://ex%61mple.com/",
      "http://2130706433/",
      "http://0x7f.1/",
      "http://0177.0.0.1/",
      "http://127.1/",
      "http://127.0.0.1.:80.:/",
      "http://1.2.3.4.5/",
      "http://[::1/",
      "http://[::1]x/",
      "http://[127.0.0.1]/",
      "http://[fe80::1%25eth0]/",
      "http://-a.example/",
      "http://a..example/",
      "http://" + std::string(64, 'a') + ".example/",
      "http://example.com/a|b",
      "http://example.com\\@evil.example/",
      "http://example.com/%zz",
      "http://example.com/" + std::string(kMaxUrlLength, 'a'),
  };
  for (const auto& url : urls) {
    const auto parsed = parseUrl(url);
    ASSERT_FALSE(parsed.ok()) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::InvalidInput);
    ASSERT_EQ(parsed.error().fields.size(), 1U);
    EXPECT_EQ(parsed.error().fields.front().pointer, "/url");
    EXPECT_EQ(parsed.error().fields.front().detail.find("secret"), std::string::npos);
  }
}

}  // namespace

}  // namespace lull::net
