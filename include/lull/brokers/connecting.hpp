#pragma once

#include <lull/brokers/session.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/wake_fd.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lull::brokers {

/// Runs `work` on a thread that nobody waits for, with SIGPIPE blocked. Throws std::system_error when there is none.
void runDetached(const std::string& threadName, std::function<void()> work);

/// One attempt to connect. It may block for seconds, in the system's resolver above all, so it runs on a thread that
/// nobody waits for. What that comes to (`Outcome`: a variant with Loss) is taken here; if nobody does, the connection
/// is closed with the attempt.
template <class Outcome>
class Connecting {
 public:
  /// Calls `open` on that thread, whose name begins with `threadName`, and raises `wake` once it has ended. Throws
  /// std::system_error when there is no thread.
  static std::shared_ptr<Connecting> begin(const std::string& threadName, std::function<Outcome()> open,
                                           std::shared_ptr<runtime::WakeFd> wake) {
    auto attempt = std::make_shared<Connecting>();
    runDetached(threadName + "-connect", [attempt, open = std::move(open), wake = std::move(wake)] {
      auto opened = outcomeOf(open);
      *attempt->opened_.lock() = std::move(opened);
      wake->raise();
    });
    return attempt;
  }

  /// What it came to, once; nothing while it runs.
  std::optional<Outcome> take() { return std::exchange(*opened_.lock(), std::nullopt); }

 private:
  // Nobody is there for what is thrown, which would end the process.
  static Outcome outcomeOf(const std::function<Outcome()>& open) {
    try {
      return open();
    } catch (const std::exception& thrown) {
      return Loss{"The broker cannot be connected to: " + std::string(thrown.what()) + ".", FailureClass::Local};
    } catch (...) {
      return Loss{"The broker cannot be connected to.", FailureClass::Local};
    }
  }

  runtime::Guarded<std::optional<Outcome>> opened_;
};

}  // namespace lull::brokers
