#pragma once

#include "ares_channel.hpp"

#include <lull/net/resolver.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/supervisor.hpp>
#include <lull/runtime/wake_fd.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// The resolver's thread, its cache, and the callers that wait.
class Resolver::Loop {
 public:
  explicit Loop(ResolverSettings settings);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void resolve(const std::string& name, Millis deadline, NameResolver::Callback done);
  void defer(std::function<void()> task);
  void stop() { threads_.stopAll(); }  ///< the thread answers all waiting callers before it ends

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
  /// A name that the servers are being asked for, and its waiting callers.
  struct Lookup {
    std::uint64_t id = 0;
    std::vector<Waiter> waiters;
    std::optional<Resolution> v4;
    std::optional<Resolution> v6;
    std::optional<SteadyTime> goOnAt;  // set when one family has addresses: until when the other one is waited for
  };
  /// A name that waits because too many are being asked for.
  struct Queued {
    std::string name;
    Waiter waiter;
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
  void answered(const AresChannel::Question& question, AresChannel::Family family, Resolution answer);
  /// Adds an answer of the other family that came late: the next caller that asks for the name gets both.
  void answeredLate(const std::string& name, const Resolution& answer);
  void finish(const std::string& name);
  void remember(const std::string& name, const Resolution& answer);
  /// Answers the callers whose wait is over; returns when the next wait is over.
  std::optional<SteadyTime> expire(SteadyTime now);
  std::optional<SteadyTime> expireQueued(SteadyTime now);
  void shutDown();

  const ResolverSettings settings_;
  runtime::Guarded<Shared> shared_;
  runtime::WakeFd wake_;
  std::atomic<bool> stopping_{false};
  // Only the loop's thread touches these.
  std::unordered_map<std::string, Lookup> inFlight_;
  std::deque<Queued> queued_;
  std::uint64_t lookups_ = 0;
  AresChannel channel_;
  runtime::Supervisor threads_;  // last: its thread uses everything above
};

}  // namespace lull::net
