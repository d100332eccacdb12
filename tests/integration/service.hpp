#pragma once

#include "support/redis_server.hpp"

#include <lull/app/application.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lull::integration {

using nlohmann::json;

/// The whole service in this process, on a Redis of its own, spoken to over its REST API. Every reply that is not the
/// status asked for throws. Not thread-safe.
class Service {
 public:
  /// `settings` as on the command line: "--Delivery:Timeout=00:00:01". They come after what every test needs.
  /// `resolver` for tests with a name server of their own.
  explicit Service(std::vector<std::string> settings, net::ResolverSettings resolver = {});

  /// Stops the application and starts another one, with other settings, on the same Redis.
  void restart(std::vector<std::string> settings);

  json get(const std::string& path);
  json post(const std::string& path, const json& body, int status);
  /// Of any status, which stands in the first part.
  std::pair<int, json> tryPost(const std::string& path, const json& body);
  json patch(const std::string& path, const json& body);

  /// Asks until `holds` does; throws with the last answer after 15 s.
  json await(const std::string& path, const std::function<bool(const json&)>& holds);

 private:
  std::string base() const;

  const net::ResolverSettings resolver_;
  testing::RedisServer redis_;
  std::unique_ptr<app::Application> application_;
};

}  // namespace lull::integration
