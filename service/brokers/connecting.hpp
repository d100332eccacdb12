#pragma once

#include <lull/brokers/session.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/wake_fd.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lull::brokers {

/// One attempt to connect. It may block for seconds, in the system's resolver above all, so it runs on a thread that
/// nobody waits for. What that comes to is taken here; if nobody does, the connection is closed with the attempt.
class Connecting {
 public:
  /// Calls `open` on that thread, whose name begins with `threadName`, and raises `wake` once it has ended. Throws
  /// std::system_error when there is no thread.
  static std::shared_ptr<Connecting> begin(const std::string& threadName, std::function<Opened()> open,
                                           std::shared_ptr<runtime::WakeFd> wake);

  /// What it came to, once; nothing while it runs.
  std::optional<Opened> take();

 private:
  runtime::Guarded<std::optional<Opened>> opened_;
};

}  // namespace lull::brokers
