#pragma once

#include <lull/api/server.hpp>
#include <lull/config/load.hpp>
#include <lull/config/settings.hpp>
#include <lull/domain/result.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/transport.hpp>
#include <lull/redis/server_guard.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace lull::app {

/// What a test can replace in an application.
struct ApplicationEdges {
  ports::Clock* clock = nullptr;  ///< outlives the application; nullptr: the Redis server's clock
  std::stop_token cancel;         ///< ends a start that takes long
  std::function<std::unique_ptr<ports::Transport>()> transport{};  ///< instead of the one that the settings name
  std::function<void(const std::vector<api::BoundAddress>&)> listening{};  ///< called once the addresses are bound
  net::ResolverSettings resolver{};         ///< the system's name servers, unless it says else
  std::vector<config::ConfigLine> shown{};  ///< where the settings came from, for those who look at them
  std::shared_ptr<redis::ServerGuard> serverGuard = std::make_shared<redis::ServerGuard>();  ///< of Managed mode
};

/// The whole service: every module, wired by constructors. Several can live in one process, on one Redis or on their
/// own. start() and stop() are called by one thread; the service runs on threads of its own.
class Application {
 public:
  /// Starts everything, and returns once the service works. Every failure is a sentence that says what to do. The
  /// service listens already while it waits: for a managed redis-server that loads its data, and with
  /// Startup:WaitForRedis for an external Redis that cannot be used yet.
  static Result<std::unique_ptr<Application>> start(const config::Settings& settings,
                                                    const ApplicationEdges& edges = {});
  ~Application();  ///< stops
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  const std::vector<api::BoundAddress>& addresses() const;

  /// Stops intake, timers and claims at once. Running requests are answered, and attempts in flight go on, until
  /// Shutdown:Deadline; then they are cut off and settled, and the store is stopped last. Returns, at most a second
  /// after the deadline, how many attempts were cut off.
  std::size_t stop();

 private:
  struct Parts;
  explicit Application(std::unique_ptr<Parts> parts);
  static Result<std::unique_ptr<Application>> assemble(const config::Settings& settings, const ApplicationEdges& edges);
  std::unique_ptr<Parts> parts_;
};

}  // namespace lull::app
