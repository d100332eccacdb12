#pragma once

#include <lull/api/server.hpp>
#include <lull/config/settings.hpp>
#include <lull/domain/result.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/clock.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace lull::app {

/// What a test gives an application instead of the real thing.
struct ApplicationEdges {
  ports::Clock* clock = nullptr;     ///< outlives the application; nullptr: the Redis server's clock
  std::stop_token cancel;            ///< ends a start that takes long
  net::ResolverSettings resolver{};  ///< the system's name servers, unless it says else
};

/// The whole service: every module, wired by constructors. Several can live in one process, on one Redis or on their
/// own. start() and stop() are called by one thread; the service runs on threads of its own.
class Application {
 public:
  /// Everything is up when it returns. Every failure is a sentence that says what to do.
  static Result<std::unique_ptr<Application>> start(const config::Settings& settings,
                                                    const ApplicationEdges& edges = {});
  ~Application();  ///< stops
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  const std::vector<api::BoundAddress>& addresses() const;

  /// Intake → timers → claims → attempts in flight, until Shutdown:Deadline → store. Returns how many attempts were cut
  /// off.
  std::size_t stop();

 private:
  struct Parts;
  explicit Application(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace lull::app
