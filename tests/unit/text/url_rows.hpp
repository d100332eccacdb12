#pragma once

#include <lull/text/url.hpp>

#include <string>
#include <vector>

/// What is a URL and what is not: the same rows hold wherever one is taken, at registration and at sending.
namespace lull::text::testing {

struct UrlRow {
  std::string url;
  Url parts;
};

inline std::vector<UrlRow> acceptedUrls() {
  return {
      {"http://example.com", {false, "example.com", false, 80, "/", "example.com"}},
      {"HTTPS://Example.COM/a/../b?x=%20&y", {true, "example.com", false, 443, "/a/../b?x=%20&y", "example.com"}},
      {"http://example.com:8080?q", {false, "example.com", false, 8080, "/?q", "example.com:8080"}},
      {"https://example.com:443/", {true, "example.com", false, 443, "/", "example.com"}},
      {"https://example.com:0443/", {true, "example.com", false, 443, "/", "example.com"}},
      {"https://example.com:80/", {true, "example.com", false, 80, "/", "example.com:80"}},
      {"http://example.com./", {false, "example.com", true, 80, "/", "example.com"}},
      {"http://127.0.0.1./", {false, "127.0.0.1", false, 80, "/", "127.0.0.1"}},
      {"http://127.0.0.1:9000/x", {false, "127.0.0.1", false, 9000, "/x", "127.0.0.1:9000"}},
      {"http://[2001:DB8::1]:81/", {false, "2001:db8::1", false, 81, "/", "[2001:db8::1]:81"}},
      {"http://[::ffff:127.0.0.1]/", {false, "127.0.0.1", false, 80, "/", "127.0.0.1"}},
      {"http://xn--bcher-kva.example/", {false, "xn--bcher-kva.example", false, 80, "/", "xn--bcher-kva.example"}},
      {"http://under_score.local/", {false, "under_score.local", false, 80, "/", "under_score.local"}},
      {"http://example.com/a@b:c[1]", {false, "example.com", false, 80, "/a@b:c[1]", "example.com"}},
  };
}

inline std::vector<std::string> refusedUrls() {
  return {
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
      "http://[nothing]/",
      "http://-a.example/",
      "http://a..example/",
      "http://a!b.example/",
      "http://" + std::string(64, 'a') + ".example/",
      "http://" + std::string(130, 'a').replace(50, 1, ".").replace(100, 1, ".") + "." +
          std::string(130, 'b').replace(50, 1, ".").replace(100, 1, ".") + "/",
      "http://example.com/a|b",
      "http://example.com/a\"b",
      "http://example.com\\@evil.example/",
      "http://example.com/%zz",
      "http://example.com/%4",
      "http://example.com/b\xC3\xBC"
      "cher",
      "http://example.com/" + std::string(kMaxUrlLength, 'a'),
  };
}

}  // namespace lull::text::testing
