#include "management/readiness.hpp"
#include "request_pipeline.hpp"

#include <lull/api/server.hpp>
#include <lull/auth/authenticator.hpp>
#include <lull/auth/rate_limiter.hpp>
#include <lull/http/listener.hpp>
#include <lull/web/assets.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lull::api {

namespace {

Error bindError(const std::string& host, std::uint16_t port, const http::BindFault& fault) {
  auto message = "Cannot listen on " + BoundAddress{host, port}.url() + ": ";
  switch (fault.reason) {
    case EADDRINUSE:
      message += "address already in use. Stop the other process or change Urls.";
      break;
    case EADDRNOTAVAIL:
      message += "this machine has no such address. Change Urls.";
      break;
    case EACCES:
      message += "permission denied. Use a port above 1023 or change Urls.";
      break;
    default:
      message += fault.reason != 0 ? std::strerror(fault.reason) : "it is no address to bind to";
      message += ". Change Urls.";
  }
  return {ErrorCode::Unavailable, std::move(message)};
}

}  // namespace

Handlers::Handlers(const ApiDependencies& ports, const ApiSettings& settings, const Readiness& readiness,
                   const std::atomic<bool>& stopping)
    : vocabulary{ports.catalogue, ports.formats, settings.brokers},
      writer{ports.endpoints, ports.destinations, ports.clock, ports.journal, ports.makeSecret},
      events{ports.admission, ports.calls, ports.catalogue},
      explanation{ports.endpoints, ports.catalogue},
      endpoints{ports.endpoints, writer, vocabulary, ports.polls, settings.pathBase},
      endpointChanges{ports.endpoints, writer, ports.clock, vocabulary, ports.polls},
      testSend{ports.endpoints, ports.channel, ports.clock, ports.catalogue, settings.deliveryTimeout, stopping},
      queue{ports.queue},
      windows{ports.windows, Ownership(ports.endpoints)},
      deadLetters{ports.deadLetters, ports.endpoints, ports.channel, ports.catalogue, Ownership(ports.endpoints)},
      letterGroups{ports.letterGroups, ports.deadLetters, ports.catalogue, Ownership(ports.endpoints)},
      jobs{ports.jobs, settings.pathBase, Ownership(ports.endpoints)},
      replay{ports.jobs, ports.endpoints, ports.formats, ports.catalogue, settings.pathBase},
      catalogue{ports.catalogue},
      formats{ports.formats},
      me{},
      alerts{ports.alerts},
      sources{ports.sources},
      brokers{ports.brokers, ports.endpoints, ports.clock},
      items{ports.items, ports.deadLetters, ports.catalogue, Ownership(ports.endpoints)},
      stats{ports.stats, ports.endpoints, ports.sources, ports.brokers, ports.clock, ports.polls},
      fleet{{ports.stats, ports.endpoints, ports.letterGroups, ports.alerts, ports.clock}},
      live{{ports.attempts, ports.endpoints, ports.clock}, ports.queue, Ownership(ports.endpoints)},
      shownSettings{settings.shown},
      history{ports.history, ports.endpoints, ports.clock, Ownership(ports.endpoints)},
      mailboxCalls{ports.mailboxes, ports.polls, ports.channel, ports.catalogue},
      classicMailboxes{mailboxCalls},
      mailboxes{mailboxCalls, settings.pathBase},
      mailboxPublish{ports.admission, ports.calls, ports.catalogue, settings.mailboxes},
      health{readiness, ports.brokers, stopping},
      metrics{readiness, ports.stats, ports.sources, ports.brokers, ports.metrics, ports.journal, ports.polls},
      pages{settings.pathBase},
      console{settings.pathBase},
      signIn{settings.version, settings.auth.mode, ports.signIn} {}

std::string BoundAddress::url() const {
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

struct ApiServer::Parts {
  Parts(ApiSettings given, ApiDependencies dependencies) : settings(std::move(given)), ports(std::move(dependencies)) {}

  Result<BoundAddress> bind(const std::string& host, std::uint16_t port, bool management) {
    auto& listener = listeners.at(management ? 1 : 0);
    const auto bound = listener->bind(host, port);
    if (const auto* fault = std::get_if<http::BindFault>(&bound)) return bindError(host, port, *fault);
    return BoundAddress{host, std::get<std::uint16_t>(bound), management};
  }

  Status bindAll(const std::vector<ListenOn>& addresses, bool management, std::vector<BoundAddress>& bound) {
    for (const auto& address : addresses) {
      auto first = bind(firstHost(address.host), address.port, management);
      if (!first && address.host == "*") first = bind("0.0.0.0", address.port, management);  // no IPv6 here
      if (!first) return std::move(first).error();
      bound.push_back(*first);
      if (address.host != "localhost") continue;
      // As Kestrel does it: ::1 too, unless this machine has none.
      if (const auto second = bind("::1", first->port, management)) bound.push_back(*second);
    }
    return Done{};
  }

  // Health and metrics on their own addresses have their own places for connections, so that clients of the other
  // addresses cannot keep a probe out.
  std::vector<std::unique_ptr<http::Listener>> makeListeners() {
    const auto body = std::min(settings.maxBodyBytes, settings.inFlightBytes);
    const auto most = settings.maxConnections;
    const auto ofManagement = settings.management.empty() ? 0 : std::clamp<std::size_t>(most / 8, 8, 64);
    std::vector<std::unique_ptr<http::Listener>> made;
    made.push_back(std::make_unique<http::Listener>(
        pipeline,
        http::ListenerLimits{most - std::min(most / 2, ofManagement), body, bodies, replies, settings.maxWaiting}));
    if (ofManagement == 0) return made;
    made.push_back(std::make_unique<http::Listener>(managementPipeline,
                                                    http::ListenerLimits{ofManagement, body, bodies, replies}));
    return made;
  }

  static std::string firstHost(const std::string& host) {
    if (host == "*") return "::";  // takes IPv4 as well
    return host == "localhost" ? "127.0.0.1" : host;
  }

  std::vector<Area> areas() const {
    if (settings.management.empty()) return {Area::Api, Area::Pages, Area::Management};
    return {Area::Api, Area::Pages};
  }

  const ApiSettings settings;
  const ApiDependencies ports;
  std::atomic<bool> stopping{false};
  Readiness readiness{ports.stats, ports.sources};
  Handlers handlers{ports, settings, readiness, stopping};
  const std::unique_ptr<auth::Authenticator> authenticator =
      auth::makeAuthenticator(settings.auth, ports.keySets, ports.wallClock);
  auth::RateLimiter limiter{settings.requestsPerSecond};
  const PipelineParts parts{settings,      *authenticator, limiter,  readiness,
                            ports.journal, ports.metrics,  handlers, Ownership(ports.endpoints)};
  RequestPipeline pipeline{parts, areas()};
  RequestPipeline managementPipeline{parts, {Area::Management}};
  http::MemoryBudget bodies{settings.inFlightBytes};
  http::MemoryBudget replies{settings.inFlightBytes};
  std::vector<std::unique_ptr<http::Listener>> listeners = makeListeners();
};

ApiServer::ApiServer(ApiSettings settings, ApiDependencies dependencies)
    : parts_(std::make_unique<Parts>(std::move(settings), std::move(dependencies))) {}

ApiServer::~ApiServer() {
  stop();
}

Result<std::vector<BoundAddress>> ApiServer::start() {
  auto bound = startWithoutStore();
  if (bound) storeIsThere();
  return bound;
}

void ApiServer::awaitStore(const std::string& reason) {
  parts_->readiness.wait(reason);
}

void ApiServer::storeIsThere() {
  parts_->readiness.start();
}

Result<std::vector<BoundAddress>> ApiServer::startWithoutStore() {
  std::vector<BoundAddress> bound;
  if (auto status = parts_->bindAll(parts_->settings.listen, false, bound); !status) {
    parts_->listeners.clear();
    return std::move(status).error();
  }
  if (auto status = parts_->bindAll(parts_->settings.management, true, bound); !status) {
    parts_->listeners.clear();
    return std::move(status).error();
  }
  for (const auto& listener : parts_->listeners) listener->serve();
  return bound;
}

void ApiServer::stopIntake() {
  parts_->stopping = true;
  for (const auto& listener : parts_->listeners) listener->stopIntake();
}

bool ApiServer::awaitReplies(const runtime::Deadline& until) {
  bool all = true;
  for (const auto& listener : parts_->listeners) all = listener->awaitReplies(until) && all;
  return all;
}

void ApiServer::stop() {
  constexpr std::chrono::milliseconds kFarewell{100};
  stopIntake();
  awaitReplies(runtime::Deadline::in(kFarewell));
  for (const auto& listener : parts_->listeners) listener->stop();
  parts_->readiness.stop();
}

}  // namespace lull::api
