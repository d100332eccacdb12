#include "stops/round.hpp"

#include "stops/fake_transport.hpp"

#include <lull/config/load.hpp>
#include <lull/redis/keys.hpp>

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

namespace lull::stops {

namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr int kHanging = 4;  // endpoints
constexpr int kItems = 10;   // events; each goes to every endpoint

void answerAll(testing::Connection& connection) {
  while (connection.readRequest()) {
    if (!connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) return;
  }
}

void hangAfter(testing::Connection& connection, const std::string& part) {
  if (!connection.readRequest()) return;
  connection.send(part);
  connection.awaitClose();
}

testing::Receiver::Script scriptOf(Situation situation) {
  const std::string part = situation == Situation::Body ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" : "";
  return [part](testing::Connection& connection) { hangAfter(connection, part); };
}

testing::Receiver::Options optionsOf(Situation situation) {
  testing::Receiver::Options options;
  options.accepting = situation != Situation::Connect;
  return options;
}

}  // namespace

std::string nameOf(Sender sender) {
  constexpr const char* kNames[] = {"Fake", "CppRest", "Present"};
  return kNames[static_cast<std::size_t>(sender)];
}

std::string nameOf(Situation situation) {
  constexpr const char* kNames[] = {"HangingConnect", "HangingHead",       "HangingBody", "Resolving",
                                    "RedisAway",      "ClientDoesNotRead", "StdoutFull"};
  return kNames[static_cast<std::size_t>(situation)];
}

Surroundings::Surroundings(Sender with, Situation in)
    : sender(with),
      situation(in),
      names(testing::NameServer::Table{}),
      healthy(&answerAll, {}),
      hanging(scriptOf(in), optionsOf(in)) {}

Round::Round(Surroundings& around, int number)
    : around_(around), number_(number), prefix_("round" + std::to_string(number)), name_(prefix_ + ".example") {}

Round::~Round() {
  if (client_ >= 0) ::close(client_);
}

void Round::begin() {
  const auto loaded = config::load(
      {{"--Urls=http://127.0.0.1:0", "--Redis:ConnectionString=unix:" + around_.redis.address().unixPath,
        "--Redis:KeyPrefix=" + prefix_, "--Debouncing:Interval=00:00:00", "--Egress:AllowedNetworks=127.0.0.0/8",
        "--Egress:AllowedPorts=1-65535", "--Delivery:Timeout=00:00:01", "--Shutdown:Deadline=00:00:01",
        around_.sender == Sender::CppRest ? "--Delivery:Transport=CppRest" : "--Delivery:MaxConcurrency=256"},
       {{"DOTNET_ENVIRONMENT", "Test"}},
       around_.redis.directory()});
  if (!loaded) throw std::runtime_error(loaded.error().message);
  app::ApplicationEdges edges;
  edges.resolver.servers = around_.names.address();
  edges.resolver.negativeTtl = Millis{1};
  if (around_.sender == Sender::Fake) {
    edges.transport = [port = around_.healthy.port()] { return std::make_unique<FakeTransport>(port); };
  }
  auto started = app::Application::start(loaded->settings, edges);
  if (!started) throw std::runtime_error(started.error().message);
  application_ = std::move(*started);

  healthyId_ = registerEndpoint("http://127.0.0.1:" + std::to_string(around_.healthy.port()) + "/");
  // Not known yet, so that registering is quick; from now on the name server is silent about it.
  const bool byName = around_.situation == Situation::Resolving;
  const auto host = byName ? name_ : "127.0.0.1";
  for (int i = 0; i < kHanging; ++i) {
    registerEndpoint("http://" + host + ":" + std::to_string(around_.hanging.port()) + "/" + std::to_string(i));
  }
  if (byName) around_.names.set(name_, {});
  json events = json::array();
  for (int i = 1; i <= kItems; ++i) events.push_back({{"type", "AssetCreated"}, {"itemId", i}, {"baseId", 1}});
  post("/events", events.dump(), 202);
  if (around_.situation == Situation::ClientDoesNotRead) askAndNeverRead();
  if (number_ % 2 == 0) awaitHang();
}

void Round::post(const std::string& path, const std::string& body, int status, std::string* reply) {
  httplib::Client client(application_->addresses().at(0).url());
  const auto result = client.Post("/api/v1" + path, body, "application/json");
  if (!result) throw std::runtime_error(path + ": " + httplib::to_string(result.error()));
  if (result->status != status) throw std::runtime_error(path + ": " + result->body);
  if (reply != nullptr) *reply = result->body;
}

std::string Round::registerEndpoint(const std::string& url) {
  std::string reply;
  post("/endpoints", json{{"name", url}, {"url", url}, {"changeTypes", 1}, {"timeout", "00:01:00"}}.dump(), 201,
       &reply);
  return json::parse(reply).at("id");
}

// What the service itself says is in flight: the healthy receiver has answered, all else hangs.
void Round::awaitHang() {
  httplib::Client client(application_->addresses().at(0).url());
  const std::string wanted = "\nlull_in_flight " + std::to_string(kHanging * kItems) + "\n";
  const auto until = steady_clock::now() + std::chrono::seconds(20);
  std::string last = "no answer";
  while (last.find(wanted) == std::string::npos) {
    if (steady_clock::now() > until) throw std::runtime_error("in 20 s not everything hung; the metrics:\n" + last);
    std::this_thread::yield();
    const auto metrics = client.Get("/metrics");
    last = metrics ? metrics->body : "no answer: " + httplib::to_string(metrics.error());
  }
}

void Round::askAndNeverRead() {
  client_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 4096;
  ::setsockopt(client_, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(application_->addresses().at(0).port);
  if (::connect(client_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("the client cannot connect");
  }
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /swagger/v1/swagger.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
  (void)::send(client_, requests.data(), requests.size(), MSG_NOSIGNAL);
}

std::chrono::milliseconds Round::stop() {
  const auto began = steady_clock::now();
  application_->stop();
  application_.reset();
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
}

std::size_t Round::unsettled() {
  auto connection = redis::Connection::open(around_.redis.address(), Millis{3000});
  if (!connection) throw std::runtime_error(connection.error().message);
  const auto count = (*connection)->call({"ZCARD", redis::Keys(prefix_).leases(healthyId_)});
  return count ? static_cast<std::size_t>(count->integer) : 999;
}

}  // namespace lull::stops
