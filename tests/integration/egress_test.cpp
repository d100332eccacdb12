#include "integration/service.hpp"
#include "support/name_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

/// Where a URL or a resolver's answer could lead, through registration and delivery of a whole service: none of it
/// reaches an address that is not allowed, which is shown by the listeners there.
namespace lull::integration {
namespace {

using lull::testing::NameServer;
using ::testing::AnyOf;
using ::testing::HasSubstr;

/// Listens on one port of several loopback addresses. Nobody accepts, so what connected waits to be counted.
class Listeners {
 public:
  explicit Listeners(const std::vector<std::string>& addresses) {
    while (!listenOn(addresses)) closeAll();
  }
  ~Listeners() { closeAll(); }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  std::uint16_t port() const { return port_; }

  /// How many connections came to the address, from its start on.
  int connections(const std::string& address) {
    auto& [fd, count] = sockets_.at(address);
    for (int one = accept(fd, nullptr, nullptr); one >= 0; one = accept(fd, nullptr, nullptr)) {
      ++count;
      accepted_.push_back(one);  // open to the end, so that the sender does not try again
    }
    return count;
  }

 private:
  struct Socket {
    int fd = -1;
    int count = 0;
  };

  /// False when the port that the system chose for the first address is taken on another one.
  bool listenOn(const std::vector<std::string>& addresses) {
    port_ = 0;
    for (const auto& address : addresses) {
      const bool v6 = address.find(':') != std::string::npos;
      const int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      sockets_[address] = {fd, 0};
      sockaddr_storage storage{};
      socklen_t size = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
      storage.ss_family = v6 ? AF_INET6 : AF_INET;
      auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
      v4.sin_port = htons(port_);  // at the same place in both forms
      inet_pton(storage.ss_family, address.c_str(),
                v6 ? static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(storage).sin6_addr) : &v4.sin_addr);
      if (bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0 || listen(fd, 64) != 0) return false;
      getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
      port_ = ntohs(v4.sin_port);
    }
    return true;
  }

  void closeAll() {
    for (const auto& [address, one] : sockets_) close(one.fd);
    for (const int fd : accepted_) close(fd);
    sockets_.clear();
    accepted_.clear();
  }

  std::map<std::string, Socket> sockets_;
  std::vector<int> accepted_;
  std::uint16_t port_ = 0;
};

/// URLs that lead, or that some parser takes to lead, to addresses that are not allowed. {port} is the listeners'.
const std::vector<std::string> kUrls{
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
    // What one parser takes for the host and another for something else.
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
const std::vector<std::string> kMetadata{
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

constexpr auto kAllowed = "127.1.0.1";      // plays the internet: a test reaches nothing but loopback
constexpr auto kAllowedDead = "127.1.0.2";  // the same, where nobody listens

/// What resolvers say, at registration and at every later time.
const NameServer::Table kForbiddenNames{
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
const std::vector<Turning> kTurning{
    {"appears.test", {}, {"127.0.0.1"}},
    {"appears6.test", {}, {"::1"}},
    {"rebinds.test", {kAllowed}, {"127.0.0.1"}},
    {"rebinds6.test", {kAllowed}, {"::1"}},
    {"rebinds-mapped.test", {kAllowed}, {"::ffff:127.0.0.1"}},
    {"rebinds-metadata.test", {kAllowed}, {"169.254.169.254"}},
    {"turns-private.test", {kAllowed, "127.0.0.1"}, {"127.0.0.1", "::1"}},
};

/// Public first and private second, and the other way round: only the allowed address is tried, where nobody listens.
const NameServer::Table kMixed{
    {"mixed.test", {kAllowedDead, "127.0.0.1"}},
    {"mixed-reversed.test", {"127.0.0.1", kAllowedDead}},
    {"mixed6.test", {"::1", kAllowedDead}},
    {"mixed-many.test", {"127.0.0.2", kAllowedDead, "127.0.0.1", "10.0.0.1", "::1"}},
};

class Egress : public ::testing::Test {
 protected:
  Egress() {
    for (const auto* table : {&kForbiddenNames, &kMixed}) {
      for (const auto& [name, addresses] : *table) names.set(name, addresses);
    }
    for (const auto& each : kTurning) {
      if (!each.before.empty()) names.set(each.name, each.before);
    }
    names.set("metadata.test", {"169.254.169.254"});
    names.set("metadata6.test", {"fd00:ec2::254"});
    names.set("good.test", {kAllowed});
  }

  std::string at(std::string url) const {
    const auto brace = url.find("{port}");
    return brace == std::string::npos ? url : url.replace(brace, 6, std::to_string(listeners.port()));
  }
  std::string named(const std::string& name) const { return at("http://" + name + ":{port}/"); }

  std::vector<std::string> settings(const std::string& networks) const {
    return {"--Egress:AllowedNetworks=" + networks, "--Delivery:Retry:Schedule=01:00:00", "--Delivery:Timeout=00:00:02",
            "--Delivery:CircuitBreaker:Failures=0"};
  }
  net::ResolverSettings resolver() const {
    net::ResolverSettings result;
    result.servers = names.address();
    result.positiveTtl = Millis{0};
    result.negativeTtl = Millis{0};
    return result;
  }
  static std::pair<int, json> registered(Service& service, const std::string& url) {
    return service.tryPost("/endpoints", {{"name", "n"}, {"url", url}, {"changeTypes", 1}});
  }
  static void expectRefused(Service& service, const std::string& url) {
    const auto [status, reply] = registered(service, url);
    EXPECT_EQ(status, 400) << url << " " << reply;
    EXPECT_EQ(reply.value(json::json_pointer("/errors/0/pointer"), ""), "/url") << url << " " << reply;
  }
  void expectNobodyCalled() {
    for (const auto* address : {"127.0.0.1", "127.0.0.2", "::1"})
      EXPECT_EQ(listeners.connections(address), 0) << address;
  }

  NameServer names{{}};
  Listeners listeners{{"127.0.0.1", "127.0.0.2", "::1", kAllowed}};
};

TEST_F(Egress, RegistrationRefusesEverySpellingAndAnswer) {
  Service service(settings("127.1.0.0/16"), resolver());
  for (const auto* urls : {&kUrls, &kMetadata}) {
    for (const auto& url : *urls) expectRefused(service, at(url));
  }
  for (const auto& [name, addresses] : kForbiddenNames) expectRefused(service, named(name));
  EXPECT_EQ(service.get("/endpoints").at("items"), json::array());
  expectNobodyCalled();
}

TEST_F(Egress, MetadataIsRefusedWhereEverythingElseIsAllowed) {
  Service service(settings("0.0.0.0/0,::/0"), resolver());
  for (const auto& url : kMetadata) expectRefused(service, at(url));
  EXPECT_EQ(registered(service, at("http://127.0.0.1:{port}/")).first, 201)
      << "the rules are not as open as they should";
}

class EgressOf : public Egress, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Transports, EgressOf, ::testing::Values("Curl", "CppRest"),
                         [](const auto& transport) { return std::string(transport.param); });

TEST_P(EgressOf, DeliveryReachesNoneOfThem) {
  // Registered where everything was allowed, as by an earlier configuration or by somebody who writes to Redis.
  Service service(settings("0.0.0.0/0,::/0"), resolver());
  std::size_t paused = 0;
  for (const auto& url : kUrls) paused += registered(service, at(url)).first == 201 ? 1 : 0;
  EXPECT_GE(paused, 35U) << "few of the URLs get as far as delivery";
  for (const auto& [name, addresses] : kForbiddenNames) paused += registered(service, named(name)).first == 201 ? 1 : 0;
  EXPECT_EQ(listeners.connections("127.0.0.1"), 0) << "registration does not call";

  auto closed = settings("127.1.0.0/16");
  closed.push_back(std::string("--Delivery:Transport=") + GetParam());
  service.restart(closed);
  for (const auto& each : kTurning) EXPECT_EQ(registered(service, named(each.name)).first, 201) << each.name;
  for (const auto& [name, addresses] : kMixed) EXPECT_EQ(registered(service, named(name)).first, 201) << name;
  EXPECT_EQ(registered(service, named("good.test")).first, 201);
  for (const auto& each : kTurning) names.set(each.name, each.after);
  paused += kTurning.size();

  service.post("/events", {{"type", "AssetCreated"}, {"itemId", 1}, {"baseId", 2}}, 202);
  const auto tried = [](const json& one) { return one.at("health") == "paused" || one.at("consecutiveFailures") > 0; };
  const auto list = service.await("/endpoints?limit=500", [&](const json& seen) {
    return std::all_of(seen.at("items").begin(), seen.at("items").end(), tried);
  });
  std::size_t refused = 0;
  for (const auto& one : list.at("items")) {
    const auto url = one.at("url").get<std::string>();
    if (url.find("mixed") != std::string::npos) {
      EXPECT_EQ(one.at("health"), "failing") << url << " was neither refused nor answered";
    } else if (url != named("good.test")) {
      ++refused;
      EXPECT_EQ(one.at("pausedReason"), "egress") << one;
      EXPECT_THAT(one.at("lastError").get<std::string>(), AnyOf(HasSubstr("Egress:"), HasSubstr("never called")))
          << one;
    }
  }
  EXPECT_EQ(refused, paused);
  expectNobodyCalled();
  EXPECT_GE(listeners.connections(kAllowed), 1) << "the listeners see nothing at all";
}

}  // namespace
}  // namespace lull::integration
