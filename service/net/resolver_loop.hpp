#pragma once

#include "ares_channel.hpp"
#include "wake_fd.hpp"

#include <lull/net/resolver.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/supervisor.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// The resolver's thread, its cache, and who waits for what.
class Resolver::Loop {
 public:
  explicit Loop(ResolverSettings settings);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void resolve(const std::string& name, Millis deadline, NameResolver::Callback done);
  void defer(std::function<void()> task);
  void stop() { threads_.stopAll(); }  ///< its thread answers everybody before it ends

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  struct Waiter {
    SteadyTime deadline;
    NameResolver::Callback done;
  };
  struct Cached {
    Resolution answer;
    SteadyTime until;
  };
  /// What other threads hand over.
  struct Shared {
    std::unordered_map<std::string, Cached> cache;
    std::vector<std::pair<std::string, Waiter>> lookups;
    std::vector<std::function<void()>> tasks;
    bool stopped = false;
  };

  void run();
  void takeIn();
  void begin(const std::string& name, Waiter waiter);
  void answered(const std::string& name, Resolution answer);
  void remember(const std::string& name, const Resolution& answer);
  /// Answers the waiters whose deadline has passed; returns the next deadline.
  std::optional<SteadyTime> expire(SteadyTime now);
  void shutDown();

  const ResolverSettings settings_;
  runtime::Guarded<Shared> shared_;
  WakeFd wake_;
  std::atomic<bool> stopping_{false};
  // Only the loop's thread touches these two.
  std::unordered_map<std::string, std::vector<Waiter>> inFlight_;
  AresChannel channel_;
  runtime::Supervisor threads_;  // last: its thread uses everything above
};

}  // namespace lull::net
