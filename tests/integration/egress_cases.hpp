#pragma once

#include "support/name_server.hpp"

#include <string>
#include <vector>

/// Where a request might be led astray: URLs, and what resolvers say of names.
namespace lull::integration {

/// URLs that lead, or that some parser takes to lead, to addresses that are not allowed. {port} is the listeners'.
inline const std::vector<std::string> kUrls{
    // The address itself, and its other spellings in IPv4.
    "http://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "http://127.0.0.2:{port}/",
    "http://127.255.255.254:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://0x0:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://0X7F.0x0.0x0.0x1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0177.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.000.000.001:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.0.0.256:{port}/",
    "http://4294967297:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://[127.0.0.1]:{port}/",
    // IPv6, and IPv4 within it.
    "http://[::1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[0000::0001]:{port}/",
    "http://[::]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::FFFF:7F00:0001]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[::1%lo]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://::1:{port}/",
    "http://[::1:{port}/",
    // Networks of others.
    "http://10.0.0.1:{port}/",
    "http://[::ffff:10.0.0.1]:{port}/",
    "http://[64:ff9b::a00:1]:{port}/",
    "http://172.16.0.1:{port}/",
    "http://192.168.0.1:{port}/",
    "http://100.64.0.1:{port}/",
    "http://198.18.0.1:{port}/",
    "http://224.0.0.1:{port}/",
    "http://255.255.255.255:{port}/",
    "http://[fc00::1]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[ff02::1]:{port}/",
    "http://[2001:db8::1]:{port}/",
    // Names that this machine knows.
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    // URLs of which one parser takes a part for the host and another one does not.
    "http://8.8.8.8@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@8.8.8.8/",
    "http://8.8.8.8:80\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@8.8.8.8/",
    "http://8.8.8.8#@127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1 :{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\r\nHost: x/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "unix:/var/run/redis.sock",
    "http://127.0.0.1:0{port}/",
    "http://127.0.0.1:+{port}/",
};

/// Never, even where every network is allowed.
inline const std::vector<std::string> kMetadata{
    "http://169.254.169.254:{port}/",
    "http://2852039166:{port}/",
    "http://0xA9FEA9FE:{port}/",
    "http://0251.0376.0251.0376:{port}/",
    "http://[::ffff:169.254.169.254]:{port}/",
    "http://[::ffff:a9fe:a9fe]:{port}/",
    "http://[64:ff9b::a9fe:a9fe]:{port}/",
    "http://[::169.254.169.254]:{port}/",
    "http://[2002:a9fe:a9fe::1]:{port}/",
    "http://[fd00:ec2::254]:{port}/",
    "http://169.254.170.2:{port}/",
    "http://168.63.129.16:{port}/",
    "http://100.100.100.200:{port}/",
    "http://metadata.test:{port}/",
    "http://metadata6.test:{port}/",
};

inline constexpr auto kAllowed = "127.1.0.1";      // plays the internet: a test reaches nothing but loopback
inline constexpr auto kAllowedDead = "127.1.0.2";  // the same, where nobody listens

/// What resolvers say, at registration and at every later time.
inline const testing::NameServer::Table kForbiddenNames{
    {"loopback.test", {"127.0.0.1"}},
    {"loopback6.test", {"::1"}},
    {"mapped.test", {"::ffff:127.0.0.1"}},
    {"translated.test", {"64:ff9b::7f00:1"}},
    {"sixtofour.test", {"2002:7f00:1::1"}},
    {"unspecified.test", {"0.0.0.0"}},
    {"unspecified6.test", {"::"}},
    {"private.test", {"10.0.0.1", "192.168.0.1"}},
    {"every-family.test", {"127.0.0.1", "::1"}},
    {"127.0.0.1.nip.test", {"127.0.0.1"}},
};

/// What resolvers say first, when nothing is wrong with it yet, and what they say at delivery.
struct Turning {
  std::string name;
  std::vector<std::string> before;  ///< empty: there is no such name yet
  std::vector<std::string> after;
};
inline const std::vector<Turning> kTurning{
    {"appears.test", {}, {"127.0.0.1"}},
    {"appears6.test", {}, {"::1"}},
    {"rebinds.test", {kAllowed}, {"127.0.0.1"}},
    {"rebinds6.test", {kAllowed}, {"::1"}},
    {"rebinds-mapped.test", {kAllowed}, {"::ffff:127.0.0.1"}},
    {"rebinds-metadata.test", {kAllowed}, {"169.254.169.254"}},
    {"turns-private.test", {kAllowed, "127.0.0.1"}, {"127.0.0.1", "::1"}},
};

/// Public first and private second, and the other way round: only the allowed address is tried, where nobody listens.
inline const testing::NameServer::Table kMixed{
    {"mixed.test", {kAllowedDead, "127.0.0.1"}},
    {"mixed-reversed.test", {"127.0.0.1", kAllowedDead}},
    {"mixed6.test", {"::1", kAllowedDead}},
    {"mixed-many.test", {"127.0.0.2", kAllowedDead, "127.0.0.1", "10.0.0.1", "::1"}},
};

}  // namespace lull::integration
