#pragma once

#include <lull/runtime/deadline.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lull::runtime {

/// Owns the threads of one stage: each is named, stopped by its own wake-up, and joined. When an exception leaves a
/// thread's body it is logged, and the body is run again after a second, so that one bad value ends no loop. Therefore
/// a body must allow to be entered again. Not thread-safe: the composition root calls start and stop.
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

  /// Throws std::system_error when the system gives no thread; then nothing was started.
  void start(Loop loop);
  /// Stops and joins the loop of that name; does nothing when there is none.
  void stop(const std::string& name);
  /// Tells the loop of that name to stop and joins it if it ends in time; else it is left to stop() or stopAll().
  void stopBy(const std::string& name, const Deadline& deadline);
  /// Stops and joins all, the one started last first.
  void stopAll();

 private:
  struct Stopping {
    std::atomic<bool> flag{false};
    Signal wake;
  };
  struct Running {
    Loop loop;
    std::shared_ptr<Stopping> stopping;  // shared with the thread
    std::thread thread;
    std::future<void> ended;
  };
  using Threads = std::vector<Running>;
  Threads::iterator find(const std::string& name);
  static void tellToStop(Running& running);

  Threads running_;
};

}  // namespace lull::runtime
