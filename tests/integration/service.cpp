#include "integration/service.hpp"

#include <lull/config/load.hpp>
#include <lull/runtime/log.hpp>

#include <httplib.h>

#include <stdexcept>
#include <thread>

namespace lull::integration {

namespace {

constexpr std::chrono::seconds kPatience{15};
constexpr const char* kApi = "/api/v1";

json parsed(const httplib::Result& result, const std::string& path, int status) {
  if (!result) throw std::runtime_error(path + ": " + httplib::to_string(result.error()));
  if (result->status != status)
    throw std::runtime_error(path + ": " + std::to_string(result->status) + " " + result->body);
  return result->body.empty() ? json() : json::parse(result->body);
}

}  // namespace

Service::Service(std::vector<std::string> settings, net::ResolverSettings resolver) : resolver_(std::move(resolver)) {
  restart(std::move(settings));
}

void Service::restart(std::vector<std::string> settings) {
  application_.reset();
  std::vector<std::string> arguments{
      "--Urls=http://127.0.0.1:0",      "--Redis:ConnectionString=unix:" + redis_.address().unixPath,
      "--Debouncing:Interval=00:00:00", "--Egress:AllowedNetworks=127.0.0.0/8",
      "--Egress:AllowedPorts=1-65535",  "--Logging:LogLevel:Default=None"};
  arguments.insert(arguments.end(), settings.begin(), settings.end());
  auto loaded = config::load({arguments, {{"DOTNET_ENVIRONMENT", "Test"}}, redis_.directory()});
  if (!loaded) throw std::runtime_error(loaded.error().message);
  app::ApplicationEdges edges;
  edges.resolver = resolver_;
  auto started = app::Application::start(loaded->settings, edges);
  if (!started) throw std::runtime_error(started.error().message);
  application_ = std::move(started).value();
}

std::string Service::base() const {
  return application_->addresses().at(0).url();
}

json Service::get(const std::string& path) {
  return parsed(httplib::Client(base()).Get(kApi + path), path, 200);
}

json Service::post(const std::string& path, const json& body, int status) {
  return parsed(httplib::Client(base()).Post(kApi + path, body.dump(), "application/json"), path, status);
}

std::pair<int, json> Service::tryPost(const std::string& path, const json& body) {
  const auto result = httplib::Client(base()).Post(kApi + path, body.dump(), "application/json");
  if (!result) throw std::runtime_error(path + ": " + httplib::to_string(result.error()));
  return {result->status, json::parse(result->body)};
}

json Service::patch(const std::string& path, const json& body) {
  return parsed(httplib::Client(base()).Patch(kApi + path, body.dump(), "application/merge-patch+json"), path, 200);
}

json Service::await(const std::string& path, const std::function<bool(const json&)>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    auto seen = get(path);
    if (holds(seen)) return seen;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(path + ": " + seen.dump());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace lull::integration
