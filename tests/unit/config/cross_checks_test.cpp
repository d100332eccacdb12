#include "config_fixture.hpp"

#include <gmock/gmock.h>

namespace lull::config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class CrossChecks : public ConfigTest {
 protected:
  void give(const std::vector<std::string>& arguments) {
    input_.arguments.clear();
    for (const auto& argument : arguments) input_.arguments.push_back("--" + argument);
  }

  /// Exactly one problem, which begins with `key`.
  void refuses(const std::vector<std::string>& arguments, const std::string& key, const std::string& part = "") {
    give(arguments);
    const std::string text = error();
    EXPECT_EQ(countOf(text, "error:"), 1U) << text;
    EXPECT_THAT(text, AllOf(HasSubstr("error: " + key), HasSubstr(part)));
  }

  void warns(const std::vector<std::string>& arguments, const std::string& key, const std::string& part = "") {
    give(arguments);
    EXPECT_THAT(loaded().warnings, Contains(AllOf(testing::StartsWith(key), HasSubstr(part))));
  }
};

const std::string kHash(64, '0');
const std::string kDevelopment = "environment=Development";

TEST_F(CrossChecks, EveryProblemIsInOneMessage) {
  settingsFile(R"({"Delivery": {"Timeout": "soon", "MaxConcurrency": 0, "Retry": {"Jitter": 2, "Schedule": ["x", "y"]}},
                   "Urls": "https://0.0.0.0:443;http://*:99999", "Debouncing": {"Interval": "-00:00:01"}})");
  input_.environment["Redis__Mode"] = "External";
  input_.arguments = {"--Authentication:Mode=Jwt"};
  const std::string text = error();
  EXPECT_EQ(countOf(text, "error:"), 11U) << text;
  EXPECT_THAT(text, HasSubstr("(11 problems)"));
  for (const std::string key : {"Delivery:Timeout", "Delivery:MaxConcurrency", "Delivery:Retry:Jitter", "Urls",
                                "Debouncing:Interval", "Redis:Mode", "Authentication:Mode", "Encryption:KeyFile"}) {
    EXPECT_THAT(text, HasSubstr("error: " + key + " = "));
  }
}

TEST_F(CrossChecks, MaxWaitIsNotBelowTheInterval) {
  refuses({"Debouncing:Interval=00:00:10", "Debouncing:MaxWait=00:00:09"}, "Debouncing:MaxWait", "00:00:10 or more");
  give({"Debouncing:Interval=00:00:10", "Debouncing:MaxWait=00:00:10"});
  EXPECT_THAT(loaded().warnings, IsEmpty());
}

TEST_F(CrossChecks, CppRestNeedsToBeToldWhatItMayCall) {
  refuses({"Delivery:Transport=CppRest"}, "Delivery:Transport", "Egress:AllowedNetworks or Egress:AllowedHosts");
  for (const std::string named : {"Egress:AllowedNetworks=10.0.0.0/8", "Egress:AllowedHosts=.svc.cluster.local"}) {
    give({"Delivery:Transport=CppRest", named});
    EXPECT_THAT(loaded().warnings, IsEmpty());
  }
}

TEST_F(CrossChecks, TheTrapsOfDotNetDurationsAreWarnedOf) {
  warns({"DeadLetters:Retention=24:00:00"}, "DeadLetters:Retention", "24 days");
  warns({"DeadLetters:Retention=5"}, "DeadLetters:Retention", "5 days");
}

TEST_F(CrossChecks, RedisModeAndConnectionStringFit) {
  refuses({"Redis:Mode=Managed", "Redis:ConnectionString=cache"}, "Redis:Mode", "command line");
  refuses({kDevelopment, "Redis:Mode=External"}, "Redis:Mode", "Redis:ConnectionString");
  warns({kDevelopment, "Redis:ConnectionString=cache", "Redis:AppendFsync=no"}, "Redis:AppendFsync", "no effect");
  warns({kDevelopment, "Redis:ConnectionString=cache", "Redis:MaxMemory=512mb"}, "Redis:MaxMemory", "no effect");
}

TEST_F(CrossChecks, MemorySizesAreReadAsRedisReadsThem) {
  const std::vector<std::pair<std::string, std::uint64_t>> sizes{
      {"0", 0},          {"1048576", 1U << 20}, {"1048576b", 1U << 20}, {"2000k", 2'000'000},  {"2000kb", 2'048'000},
      {"3m", 3'000'000}, {"512mb", 512U << 20}, {"512MB", 512U << 20},  {"1g", 1'000'000'000}, {"1Gb", 1U << 30}};
  for (const auto& [text, bytes] : sizes) {
    give({"Redis:MaxMemory=" + text});
    EXPECT_EQ(settings().redis.maxMemory, bytes) << text;
  }
  for (const std::string bad :
       {"-1", "mb", "1 gb", "1.5g", "1tb", "512mbb", "1000", "99999999999999999999", "9999999gb"}) {
    refuses({"Redis:MaxMemory=" + bad}, "Redis:MaxMemory", "as in redis.conf");
  }
}

TEST_F(CrossChecks, ABodyLimitThatTheMemoryLimitOverrulesIsWarnedOf) {
  warns({"Limits:InFlightBytes=65536"}, "Limits:InFlightBytes", "Limits:MaxBodyBytes");
}

TEST_F(CrossChecks, AnonymousAccessNeedsLoopbackOrConsent) {
  for (const std::string url : {"http://*:80", "http://+", "http://0.0.0.0:80", "http://[::]:80", "http://10.0.0.1:80",
                                "http://lull.example.com:80", "http://localhost:80;http://192.168.1.1:80"}) {
    refuses({"Urls=" + url}, "Authentication:Mode", "AllowAnonymous");
    warns({"Urls=" + url, "Authentication:AllowAnonymous=true"}, "Authentication:AllowAnonymous");
  }
  for (const std::string url : {"http://localhost:0", "http://127.0.0.1", "http://127.9.9.9:80/", "HTTP://[::1]:80"}) {
    give({"Urls=" + url, "Authentication:AllowAnonymous=true"});
    EXPECT_THAT(loaded().warnings, IsEmpty()) << url;
  }
}

TEST_F(CrossChecks, UrlsAreReadAsKestrelReadsThem) {
  give({"Urls=http://*:1;http://+:2; http://LOCALHOST:0 ;http://[::1]:4;http://lull.example.com",
        "Authentication:AllowAnonymous=true"});
  EXPECT_THAT(settings().urls, testing::ElementsAre(ListenAddress{"http", "*", 1}, ListenAddress{"http", "*", 2},
                                                    ListenAddress{"http", "localhost", 0},
                                                    ListenAddress{"http", "::1", 4}, ListenAddress{"http", "*", 80}));
  refuses({"Urls=https://localhost:443"}, "Urls", "proxy");
  for (const std::string bad : {"localhost:80", "http://", "http://a:b", "http://[::1", "http://[x]:80", "http://a/b",
                                "http://localhost:65536", "http://localhost:", "http://a b", "http://localhost:-1"}) {
    refuses({"Urls=" + bad}, "Urls");
  }
  refuses({"Urls="}, "Urls", "no address");
  refuses({"Management:Urls=http://127.0.0.1:8080"}, "Management:Urls", "repeats");
}

TEST_F(CrossChecks, ApiKeysAreComplete) {
  refuses({"Authentication:Mode=ApiKey"}, "Authentication:Mode", "Authentication:ApiKeys");
  const std::vector<std::string> whole{"Authentication:Mode=ApiKey", "Authentication:ApiKeys:0:Name=a",
                                       "Authentication:ApiKeys:0:Sha256=" + kHash,
                                       "Authentication:ApiKeys:0:Roles=Integration_Endpoints_View"};
  for (std::size_t i = 1; i < whole.size(); ++i) {
    auto part = whole;
    part.erase(part.begin() + static_cast<std::ptrdiff_t>(i));
    refuses(part, whole[i].substr(0, whole[i].find('=')) + ": is missing");
  }
  auto twice = whole;
  twice.emplace_back("Authentication:ApiKeys:1:Name=a");
  twice.emplace_back("Authentication:ApiKeys:1:Sha256=" + std::string(64, '1'));
  twice.emplace_back("Authentication:ApiKeys:1:Roles=Integration_Endpoints_View");
  refuses(twice, "Authentication:ApiKeys:1:Name");
  twice[4] = "Authentication:ApiKeys:1:Name=b";
  twice[5] = "Authentication:ApiKeys:1:Sha256=" + kHash;
  refuses(twice, "Authentication:ApiKeys:1:Sha256");
  auto unused = whole;
  unused[0] = "Authentication:Mode=None";
  warns(unused, "Authentication:Mode", "ApiKeys");
}

TEST_F(CrossChecks, JwtHasExactlyOneSourceOfKeys) {
  const std::string mode = "Authentication:Mode=Jwt";
  const std::string authority = "Authentication:Jwt:Authority=https://id.example.com/realms/x";
  refuses({mode}, "Authentication:Mode", "no source of keys");
  refuses({mode, authority, "Authentication:Jwt:JwksUrl=https://id.example.com/jwks"}, "Authentication:Mode",
          "more than one");
  give({mode, authority, "Authentication:Jwt:Audience=lull", "Urls=http://*:80"});
  EXPECT_THAT(loaded().warnings, IsEmpty());
  warns({mode, authority}, "Authentication:Jwt:Audience");
  warns({mode, "Authentication:Jwt:JwksUrl=https://a/jwks"}, "Authentication:Jwt:Issuer");
  warns({mode, "Authentication:Jwt:Authority=http://id"}, "Authentication:Jwt:Authority", "TLS");
  warns({mode, "Authentication:Jwt:JwksUrl=HTTP://id/jwks"}, "Authentication:Jwt:JwksUrl", "TLS");
  refuses({mode, "Authentication:Jwt:Authority=https://id?x=1"}, "Authentication:Jwt:Authority", "query");
  refuses({mode, "Authentication:Jwt:JwksUrl=https://user:secret@id/jwks"}, "Authentication:Jwt:JwksUrl", "user name");
  refuses({mode, "Authentication:Jwt:PublicKeyPath=/nowhere/key.pem"}, "Authentication:Jwt:PublicKeyPath");
  warns({authority}, "Authentication:Mode", "Authentication:Jwt");
}

TEST_F(CrossChecks, SigningInAtTheConsoleNeedsAnAuthority) {
  const std::string mode = "Authentication:Mode=Jwt";
  const std::string client = "Authentication:Jwt:ClientId=lull-console";
  refuses({mode, client, "Authentication:Jwt:JwksUrl=https://id.example.com/jwks"}, "Authentication:Jwt:ClientId",
          "Authentication:Jwt:Authority");
  give({mode, client, "Authentication:Jwt:Authority=https://id.example.com", "Authentication:Jwt:Audience=lull"});
  EXPECT_THAT(loaded().warnings, IsEmpty());
  warns({client}, "Authentication:Mode", "Authentication:Jwt");
}

TEST_F(CrossChecks, AnExternalRedisNeedsEncryptionInProduction) {
  refuses({"Redis:ConnectionString=cache"}, "Encryption:KeyFile", "Production");
  warns({kDevelopment, "Redis:ConnectionString=cache"}, "Encryption:KeyFile", "plain text");
  give({"Redis:ConnectionString=cache", "Encryption:KeyFile=" + write("key", "x")});
  EXPECT_THAT(loaded().warnings, IsEmpty());
  refuses({"Encryption:KeyFile=" + directory_.string()}, "Encryption:KeyFile", "readable file");
}

TEST_F(CrossChecks, DeliveryLimitsFitTogether) {
  refuses({"Delivery:SuccessStatuses="}, "Delivery:SuccessStatuses", "is empty");
  refuses({"Delivery:PermanentStatuses=204"}, "Delivery:PermanentStatuses", "204");
  refuses({"Delivery:CircuitBreaker:Probe=00:10:00"}, "Delivery:CircuitBreaker:MaxProbe", "00:10:00 or more");
  warns({"Delivery:MaxAge=1.00:00:00"}, "Delivery:MaxAge", "Delivery:Retry:Schedule");
  warns({"Delivery:MaxConcurrency=8", "Delivery:MaxConcurrencyPerEndpoint=9"}, "Delivery:MaxConcurrencyPerEndpoint");
  give({"Delivery:MaxConcurrency=8"});
  EXPECT_THAT(loaded().warnings, IsEmpty());
}

TEST_F(CrossChecks, TimeoutLeaseAndStopDoNotContradictEachOther) {
  refuses({"Shutdown:Deadline=00:00:10"}, "Shutdown:Deadline", "00:00:15 or more");
  refuses({"Shutdown:Deadline=00:00:59", "Delivery:Timeout=00:01:00"}, "Shutdown:Deadline", "00:01:00 or more");
  warns({"Delivery:Timeout=00:01:00"}, "Shutdown:Deadline", "00:01:00 or more");
  give({"Shutdown:Deadline=00:01:00", "Delivery:Timeout=00:01:00"});
  EXPECT_THAT(loaded().warnings, IsEmpty());
  warns({"Delivery:MaxAge=00:00:24", "Delivery:Retry:Schedule=00:00:01"}, "Delivery:MaxAge", "a lease");
  give({"Delivery:MaxAge=00:00:25", "Delivery:Retry:Schedule=00:00:01"});
  EXPECT_THAT(loaded().warnings, IsEmpty());
}

TEST_F(CrossChecks, ChangeTypesReplaceTheCatalogueAndMustNotOverlap) {
  settingsFile(R"({"ChangeTypes": [
    {"Name": "Page", "Value": 1, "IdName": "PageId", "Events": ["PageMade", "PageGone"]},
    {"Name": "Site", "Value": 2, "IdName": "SiteId", "Events": "SiteMade"}]})");
  const auto types = settings().changeTypes;
  ASSERT_THAT(types, SizeIs(2));
  EXPECT_EQ(types[0].name, "Page");
  EXPECT_EQ(types[1].value, 2U);
  EXPECT_THAT(types[0].events, testing::ElementsAre("PageMade", "PageGone"));
  refuses({"ChangeTypes:1:Value=1"}, "ChangeTypes:1:Value", "ChangeTypes:0:Value");
  refuses({"ChangeTypes:1:Name=Page"}, "ChangeTypes:1:Name");
  refuses({"ChangeTypes:1:Events=PageGone"}, "ChangeTypes:1:Events");
  refuses({"ChangeTypes:1:Value=6"}, "ChangeTypes:1:Value", "single bit");
  refuses({"ChangeTypes:1:Value=2147483648"}, "ChangeTypes:1:Value", "out of range");
  refuses({"ChangeTypes:1:Events="}, "ChangeTypes:1:Events: is missing");
}

TEST_F(CrossChecks, NetworksAndHostsAreCanonical) {
  give({"Egress:AllowedNetworks=127.0.0.1, FD00::/8,0.0.0.0/0", "Egress:AllowedHosts=.SVC.cluster.local"});
  const Settings s = settings();
  EXPECT_THAT(s.egress.allowedNetworks, testing::ElementsAre("127.0.0.1/32", "fd00::/8", "0.0.0.0/0"));
  EXPECT_THAT(s.egress.allowedHosts, testing::ElementsAre(".svc.cluster.local"));
  refuses({"Egress:AllowedNetworks=10.1.2.3/8"}, "Egress:AllowedNetworks", "10.0.0.0/8");
  for (const std::string bad : {"10.0.0.0/33", "10/8", "localhost", "10.0.0.0/", "::/129", "0x7f.1", "10.0.0.0/+8"}) {
    refuses({"Egress:AllowedNetworks=" + bad}, "Egress:AllowedNetworks");
  }
  for (const std::string bad : {"*.local", "..local", "a b", "::1", "."}) {
    refuses({"Egress:AllowedHosts=" + bad}, "Egress:AllowedHosts");
  }
  for (const std::string bad : {"0", "65536", "5-4", "-", "80-", "http", "1-2-3"}) {
    refuses({"Egress:AllowedPorts=" + bad}, "Egress:AllowedPorts");
  }
}

}  // namespace
}  // namespace lull::config
