#include "conformance/harness.hpp"

#include "conformance/footprint.hpp"

#include <lull/net/cpprest_transport.hpp>
#include <lull/net/native_transport.hpp>

#include <list>
#include <thread>

namespace lull::conformance {

namespace {

using ports::TransportFailure;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

void answerEmpty(Connection& connection) {
  while (connection.readRequest() && connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) {
  }
}

/// The channel tells no failures of the transport apart; before a connection stands, there are two.
ports::HttpAnswer answerOf(const AttemptResult& result) {
  ports::HttpAnswer answer;
  answer.status = result.code;
  answer.excerpt = result.responseExcerpt;
  answer.error = result.sentence;
  if (!result.code) {
    answer.failure = result.outcome == Outcome::Held ? TransportFailure::Vetoed : TransportFailure::Connect;
  }
  return answer;
}

}  // namespace

std::string nameOf(Adapter adapter) {
  return adapter == Adapter::Native ? "Native" : "CppRest";
}

net::AddressGuard guardOf(const Case& test, Adapter adapter) {
  net::EgressRules rules;
  if (!test.guarded) rules.allowedNetworks = {"127.0.0.0/8", "::1"};
  if (!test.guarded) rules.allowedHosts = {"localhost", "hooks.example.test"};
  rules.allowedPorts = {{1, 65535}};
  rules.trustedOnly = adapter == Adapter::CppRest;
  return net::AddressGuard::create(rules).value();
}

std::unique_ptr<ports::Transport> make(Adapter adapter, const net::TransportSettings& settings,
                                       const net::AddressGuard& guard) {
  if (adapter == Adapter::Native) return std::make_unique<net::NativeTransport>(settings, guard);
  return std::make_unique<net::CppRestTransport>(settings, guard);
}

ports::HttpRequest requestFor(const Case& test, std::uint16_t port, const std::vector<std::string>& addresses) {
  ports::HttpRequest request;
  auto& target = request.target;
  target.tls = test.https || test.certificate.has_value();
  target.host = test.host;
  target.port = port;
  target.pathAndQuery = "/hook?a=%20b";
  const bool v6 = test.host.find(':') != std::string::npos;
  target.hostHeader = (v6 ? "[" + test.host + "]" : test.host) + ":" + std::to_string(port);
  request.addresses = addresses;
  request.headers = {{"Content-Type", "application/json"}, {"X-Custom", "one, two"}};
  request.body = test.bodyBytes == 0 ? R"({"ChangeType":1})" : std::string(test.bodyBytes, 'b');
  request.timeout = test.timeout;
  request.wantsBody = test.wantsBody;
  return request;
}

std::future<ports::HttpAnswer> post(ports::Transport& transport, ports::HttpRequest request) {
  auto promise = std::make_shared<std::promise<ports::HttpAnswer>>();
  auto future = promise->get_future();
  transport.post(std::move(request), [promise](ports::HttpAnswer answer) { promise->set_value(std::move(answer)); });
  return future;
}

Harness::Harness(const Case& test, Adapter adapter, const net::TransportSettings& settings)
    : test_(test), guard_(guardOf(test, adapter)), transport_(make(adapter, settings, guard_)) {
  if (test_.answers) addNames();
}

void Harness::addNames() {
  auto& names = names_.emplace(lull::testing::NameServer::Table{});
  names.delay(test_.host, test_.answerDelay);
  for (const auto type : test_.unanswered) names.silence(test_.host, type);
  net::ResolverSettings settings;
  settings.servers = names.address();
  settings.positiveTtl = Millis{0};  // each post asks anew
  resolver_.emplace(std::move(settings));
  const net::WebhookChannelParts parts{*transport_, *resolver_, guard_, clock_, catalogue_, formats_};
  const net::ResponsePolicy policy{StatusSet::parse("2xx").value(), {}, Millis{1000}};
  channel_.emplace(parts, net::WebhookChannelSettings{"1", policy});
}

/// Every other post is another endpoint's, if there are two.
ports::HttpRequest Harness::request(std::uint16_t port, const std::vector<std::string>& addresses) {
  auto request = requestFor(test_, port, addresses);
  if (test_.endpoints == 2 && posts_ % 2 == 1) request.target.pathAndQuery = "/other";
  ++posts_;
  return request;
}

ports::HttpAnswer Harness::sendAll(Receiver& receiver) {
  const auto port = receiver.port();
  if (!test_.race.empty()) return post(*transport_, request(port, test_.race)).get();
  std::vector<std::future<ports::HttpAnswer>> together;
  for (std::size_t i = 0; i < test_.together; ++i) {
    together.push_back(post(*transport_, request(port, {test_.addresses.front()})));
  }
  for (auto& answer : together) answer.wait();
  ports::HttpAnswer last;
  for (std::size_t i = 0; i < test_.addresses.size(); ++i) {
    if (test_.signalled) receiver.awaitSignals(test_.together > 0 ? test_.together : i);
    last = post(*transport_, request(port, {test_.addresses[i]})).get();
  }
  return last;
}

ports::HttpAnswer Harness::sendByName(std::uint16_t port, const std::vector<std::string>& answers) {
  names_->set(test_.host, answers);
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->registration.webhook().url = "http://" + test_.host + ":" + std::to_string(port) + "/hook";
  endpoint->registration.webhook().secrets.current = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  ports::DeliveryRequest request;
  request.endpoint = std::move(endpoint);
  request.message.id = "msg_1";
  request.message.key = {1, ItemId(1)};
  request.message.attempts = 1;
  request.timeout = test_.timeout;
  std::promise<AttemptResult> promise;
  auto future = promise.get_future();
  channel_->deliver(std::move(request), [&promise](AttemptResult result) { promise.set_value(std::move(result)); });
  return answerOf(future.get());
}

void Harness::callHealthy(Receiver& healthy, std::future<void> finished, Measured& measured) {
  const Case plain{.name = "", .situation = "", .script = nullptr, .native = {}, .cppRest = {}};
  do {
    const auto start = steady_clock::now();
    const auto answer = post(*transport_, requestFor(plain, healthy.port(), {"127.0.0.3"})).get();
    measured.slowestBeside = std::max(measured.slowestBeside, since(start));
    if (answer.status != 200) ++measured.failedBeside;
  } while (finished.wait_for(milliseconds(20)) != std::future_status::ready);
}

Measured Harness::run(Receiver& receiver) {
  std::list<Receiver> swallowing;
  for (const auto& address : test_.silent) {
    const bool v6 = address.find(':') != std::string::npos;
    swallowing.emplace_back(
        nullptr, Receiver::Options{.v6 = v6, .accepting = false, .address = address, .port = receiver.port()});
  }
  Receiver healthy(answerEmpty, {});
  Measured measured;
  std::promise<void> finished;
  // The first call warms up what every call needs.
  std::promise<void> already;
  already.set_value();
  if (!test_.guarded) callHealthy(healthy, already.get_future(), measured);
  measured.slowestBeside = milliseconds{0};

  const Footprint footprint;
  std::thread beside;
  if (!test_.guarded) {
    beside = std::thread([&] { callHealthy(healthy, finished.get_future(), measured); });
  }
  const auto start = steady_clock::now();
  if (test_.answers) {
    for (const auto& answers : *test_.answers) measured.last = sendByName(receiver.port(), answers);
  } else {
    measured.last = sendAll(receiver);
  }
  measured.elapsed = since(start);
  measured.growthKiB = footprint.growthKiB();
  finished.set_value();
  if (beside.joinable()) beside.join();
  return measured;
}

}  // namespace lull::conformance
