#pragma once

#include "sink/server.hpp"

#include <string>
#include <string_view>

namespace lull::bench {

/// The line protocol on stdin and stdout by which a run steers its sink. One line in, one JSON line out:
///   stats | endpoints | distinct | broken | reset | record on|off | dump <path> | quit
///   set <endpoint|*> [status=<code>] [delay=<ms>] [blackhole=0|1]
class SinkControl {
 public:
  explicit SinkControl(SinkServer& server) : server_(server) {}

  /// Reads what stdin holds and answers each complete line. False on `quit` and on end of input.
  bool onReadable();

 private:
  [[nodiscard]] std::string answer(std::string_view line);
  [[nodiscard]] std::string stats();
  [[nodiscard]] std::string set(std::string_view arguments);

  SinkServer& server_;
  std::string pending_;
};

}  // namespace lull::bench
