#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/mailboxes.hpp>
#include <lull/runtime/signal.hpp>

#include <chrono>
#include <stop_token>

namespace lull::mailboxes {

/// Does to mailboxes what time does: ends locks that have run out, and removes mailboxes whose clients do not call any
/// more. Every replica runs one; it keeps nothing that a kill could lose. run() has a thread of its own; wake() and
/// stop() are thread-safe.
class MailboxLoop {
 public:
  MailboxLoop(ports::MailboxUpkeep& mailboxes, ports::Clock& clock, Millis idleExpiry);

  void run();
  /// One turn of run(). Returns how long to rest.
  std::chrono::nanoseconds turn();
  /// The clock jumped.
  void wake() { wake_.notify(); }
  void stop();

 private:
  void forgetIdle(Instant now);

  ports::MailboxUpkeep& mailboxes_;
  ports::Clock& clock_;
  const Millis between_;  // looks for idle mailboxes
  Instant nextForget_{};  // used by turn() only
  std::stop_source stop_;
  runtime::Signal wake_;
};

}  // namespace lull::mailboxes
