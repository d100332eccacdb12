#include <lull/net/address_guard.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace lull::net {

namespace {

AddressGuard guardOf(EgressRules rules) {
  if (rules.allowedPorts.empty()) rules.allowedPorts = {{80, 80}, {443, 443}, {8000, 8999}};
  return AddressGuard::create(rules).value();
}

bool allows(const AddressGuard& guard, const std::string& address, const std::string& host = "x.example",
            std::uint16_t port = 443) {
  return !guard.refuse(host, IpAddress::parse(address).value(), port).has_value();
}

TEST(AddressGuard, LetsOnlyPublicUnicastThroughByDefault) {
  const auto guard = guardOf({});
  for (const auto* address : {"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "223.255.255.255", "2606:4700::1111",
                              "2a00:1450:4001::200e", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(allows(guard, address)) << address;
  }
  for (const auto* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.1.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::7f00:1",
                              "::ffff:10.0.0.1",
                              "::ffff:127.0.0.1",
                              "64:ff9b::8.8.8.8",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:db8::1",
                              "2002:7f00:1::1",
                              "3fff::1",
                              "5f00::1",
                              "fc00::1",
                              "fdff::1",
                              "fe80::1",
                              "febf::1",
                              "fec0::1",
                              "ff02::1",
                              "::ffff:0:127.0.0.1",
                              "1000::1",
                              "4000::1",
                              "8000::1"}) {
    EXPECT_FALSE(allows(guard, address)) << address;
  }
}

TEST(AddressGuard, OpensAllowedNetworks) {
  const auto guard =
      guardOf({.allowedNetworks = {"10.1.0.0/16", "192.168.1.7", "fd00:1::/32", "::ffff:172.16.0.0/108"}});
  for (const auto* address : {"10.1.255.1", "192.168.1.7", "fd00:1::5", "::ffff:10.1.0.1", "172.16.0.9"}) {
    EXPECT_TRUE(allows(guard, address)) << address;
  }
  for (const auto* address : {"10.2.0.1", "192.168.1.8", "fd00:2::5", "127.0.0.1", "::1"}) {
    EXPECT_FALSE(allows(guard, address)) << address;
  }
}

TEST(AddressGuard, NeverJudgesAMappedAddressByAnIpv6Network) {
  EXPECT_FALSE(allows(guardOf({.allowedNetworks = {"::/0"}}), "::ffff:127.0.0.1"));
  EXPECT_TRUE(allows(guardOf({.allowedNetworks = {"127.0.0.0/8"}}), "::ffff:127.0.0.1"));
}

TEST(AddressGuard, OpensPrivateAddressesToAllowedHosts) {
  const auto guard = guardOf({.allowedHosts = {".svc.cluster.local", "intranet"}});
  EXPECT_TRUE(allows(guard, "10.0.0.1", "hooks.default.svc.cluster.local"));
  EXPECT_TRUE(allows(guard, "10.0.0.1", "intranet"));
  EXPECT_FALSE(allows(guard, "10.0.0.1", "svc.cluster.local"));
  EXPECT_FALSE(allows(guard, "10.0.0.1", "evilsvc.cluster.local"));
  EXPECT_FALSE(allows(guard, "10.0.0.1", "a.intranet"));
  EXPECT_FALSE(allows(guard, "10.0.0.1", "hooks.svc.cluster.local.evil.example"));
}

TEST(AddressGuard, NeverReachesCloudMetadata) {
  const auto guard = guardOf({.allowedNetworks = {"0.0.0.0/0", "::/0"}, .allowedHosts = {".example"}});
  for (const auto* address :
       {"169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "fd00:ec2::254",
        "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1"}) {
    EXPECT_FALSE(allows(guard, address)) << address;
  }
  EXPECT_TRUE(allows(guard, "169.254.169.253"));
}

// 169.254.169.254 and 10.0.0.1 in every form in which IPv6 carries an IPv4 address.
struct Embedding {
  const char* what;
  const char* metadata;
  const char* privateOne;
  const char* publicOne;
};
const std::vector<Embedding> kEmbeddings{
    {"mapped", "::ffff:a9fe:a9fe", "::ffff:a00:1", "::ffff:808:808"},
    {"compatible", "::a9fe:a9fe", "::a00:1", "::808:808"},
    {"translated", "::ffff:0:a9fe:a9fe", "::ffff:0:a00:1", "::ffff:0:808:808"},
    {"NAT64", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b::808:808"},
    {"local NAT64 /96", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1::a00:1", "64:ff9b:1::808:808"},
    {"local NAT64 /64", "64:ff9b:1:0:a9:fea9:fe00:0", "64:ff9b:1:0:a:0:100:0", "64:ff9b:1:0:8:808:800:0"},
    {"local NAT64 /56", "64:ff9b:1:a9:fe:a9fe::", "64:ff9b:1:a::1:0:0", "64:ff9b:1:8:8:808::"},
    {"local NAT64 /48", "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a00:0:100::", "64:ff9b:1:808:8:800::"},
    {"6to4", "2002:a9fe:a9fe::1", "2002:a00:1::1", "2002:808:808::1"},
    {"Teredo client", "2001:0:808:808:0:0:5601:5601", "2001:0:808:808:0:0:f5ff:fffe", "2001:0:808:808:0:0:f7f7:f7f7"},
    {"ISATAP", "2a00:1450::5efe:a9fe:a9fe", "2a00:1450::5efe:a00:1", "2a00:1450::5efe:808:808"},
    {"ISATAP, unique", "2a00:1450::200:5efe:a9fe:a9fe", "2a00:1450::200:5efe:a00:1", "2a00:1450::200:5efe:808:808"},
};

TEST(AddressGuard, JudgesTheIpv4AddressInsideOfAnIpv6One) {
  const auto open = guardOf({.allowedNetworks = {"0.0.0.0/0", "::/0"}});
  const auto translators = guardOf({.allowedNetworks = {"::/0"}});
  const auto both = guardOf({.allowedNetworks = {"::/0", "10.0.0.0/8"}});
  for (const auto& [what, metadata, privateOne, publicOne] : kEmbeddings) {
    EXPECT_FALSE(allows(open, metadata)) << what;
    EXPECT_FALSE(allows(translators, privateOne)) << what;
    EXPECT_TRUE(allows(both, privateOne)) << what;
    EXPECT_TRUE(allows(translators, publicOne)) << what;
  }
  EXPECT_FALSE(allows(open, "2001:0:a9fe:a9fe::1")) << "the server of Teredo";
  EXPECT_FALSE(allows(guardOf({}), "2a00:1450::5efe:a00:1")) << "ISATAP in a public network";
  EXPECT_TRUE(allows(translators, "::1")) << "is no embedding";
  const auto reason = translators.refuse("x.example", IpAddress::parse("64:ff9b::a00:1").value(), 443).value();
  EXPECT_NE(reason.find("leads to an IPv4 address: 10.0.0.1 is not a public address"), std::string::npos) << reason;
}

TEST(AddressGuard, NeverReachesOurOwnListeners) {
  EgressRules rules{.allowedNetworks = {"0.0.0.0/0", "::/0"}};
  rules.ownListeners = {{"127.0.0.1", 8080}, {"0.0.0.0", 8081}};
  const auto guard = guardOf(rules);
  EXPECT_FALSE(allows(guard, "127.0.0.1", "x.example", 8080));
  EXPECT_FALSE(allows(guard, "0.0.0.0", "x.example", 8080));
  EXPECT_TRUE(allows(guard, "127.0.0.1", "x.example", 8082));
  EXPECT_TRUE(allows(guard, "127.0.0.2", "x.example", 8080));
  EXPECT_FALSE(allows(guard, "127.0.0.2", "x.example", 8081));
  EXPECT_FALSE(allows(guard, "64:ff9b::127.0.0.1", "x.example", 8080));
}

TEST(AddressGuard, ForAWeakTransportOnlyWhatTheRulesNamePasses) {
  const auto guard =
      guardOf({.allowedNetworks = {"10.0.0.0/8", "8.8.8.0/24"}, .allowedHosts = {"intranet"}, .trustedOnly = true});
  EXPECT_TRUE(allows(guard, "10.0.0.1"));
  EXPECT_TRUE(allows(guard, "8.8.8.8"));
  EXPECT_TRUE(allows(guard, "1.1.1.1", "intranet"));
  EXPECT_FALSE(allows(guard, "1.1.1.1"));
  EXPECT_FALSE(allows(guard, "2606:4700::1111"));
  EXPECT_FALSE(allows(guard, "169.254.169.254", "intranet"));
  const auto reason = guard.refuse("x.example", IpAddress::parse("1.1.1.1").value(), 443).value();
  for (const auto* setting : {"Egress:AllowedNetworks", "Egress:AllowedHosts", "Delivery:Transport"}) {
    EXPECT_NE(reason.find(setting), std::string::npos) << reason;
  }
}

TEST(AddressGuard, NamesTheSettingThatWouldAllowIt) {
  const auto guard = guardOf({});
  const auto address = guard.refuse("x.example", IpAddress::parse("10.0.0.1").value(), 443).value();
  EXPECT_NE(address.find("Egress:AllowedNetworks"), std::string::npos);
  EXPECT_NE(address.find("10.0.0.1"), std::string::npos);
  EXPECT_NE(guard.refusePort(22).value().find("Egress:AllowedPorts"), std::string::npos);
  EXPECT_TRUE(guard.refuse("x.example", IpAddress::parse("8.8.8.8").value(), 22).has_value());
  EXPECT_FALSE(guard.refusePort(8999).has_value());
  EXPECT_TRUE(guard.refusePort(9000).has_value());
}

TEST(AddressGuard, RefusesRulesThatCannotBeRead) {
  for (const auto* network :
       {"10.0.0.0/33", "10.0.0/8", "example.com", "::/129", "10.0.0.0/x", "::ffff:10.0.0.0/8", ""}) {
    const auto guard = AddressGuard::create({.allowedNetworks = {network}});
    ASSERT_FALSE(guard.ok()) << network;
    EXPECT_NE(guard.error().message.find("Egress:AllowedNetworks"), std::string::npos);
  }
  for (const auto* host : {"", ".", "*.example.com", "http://x"}) {
    const auto guard = AddressGuard::create({.allowedHosts = {host}});
    ASSERT_FALSE(guard.ok()) << host;
    EXPECT_NE(guard.error().message.find("Egress:AllowedHosts"), std::string::npos);
  }
}

TEST(IpAddress, IsReadStrictly) {
  for (const auto* text :
       {"2130706433", "0x7f.1", "0177.0.0.1", "127.1", "1.2.3.4 ", "::1%lo", "[::1]", "", "1.2.3.256"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4"), IpAddress::parse("1.2.3.4"));
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:0::1")->text(), "2001:db8::1");
}

}  // namespace

}  // namespace lull::net
