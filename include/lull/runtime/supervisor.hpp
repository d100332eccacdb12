#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace lull::runtime {

/// Owns the threads of one stage: each is named, stopped by its own wake-up, and joined. An exception that leaves a
/// thread's body is logged and ends the process: a loop that silently died would break every promise of ours. Not
/// thread-safe: start and stop are called by the composition root.
class Supervisor {
 public:
  /// `body` runs until it sees its own stop flag; `stop` raises that flag and wakes the body. `name` has at most 15
  /// characters.
  struct Loop {
    std::string name;
    std::function<void()> body;
    std::function<void()> stop;
  };

  Supervisor() = default;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  void start(Loop loop);
  /// Stops and joins the loop of that name; does nothing when there is none.
  void stop(const std::string& name);
  /// Stops and joins all, the one started last first.
  void stopAll();

 private:
  struct Running {
    Loop loop;
    std::thread thread;
  };
  std::vector<Running> running_;
};

}  // namespace lull::runtime
