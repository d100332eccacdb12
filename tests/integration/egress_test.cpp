#include "integration/egress_cases.hpp"
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
INSTANTIATE_TEST_SUITE_P(Transports, EgressOf, ::testing::Values("Native", "CppRest"),
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
