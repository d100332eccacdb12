#pragma once

#include <lull/ports/clock.hpp>
#include <lull/redis/clock_sources.hpp>
#include <lull/redis/clock_watch.hpp>
#include <lull/redis/own_sign.hpp>
#include <lull/redis/shard.hpp>
#include <lull/redis/take_over_rule.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lull::redis {

class TakeOver;

/// The fleet's clock. clock.lua tells it once a second and renews this process's sign of life; between calls, and while
/// Redis is away, this host's boot-time clock carries it on. It never decreases and never leaps while this process
/// lives: the script corrects it by at most 5 % of the time that passed.
class ServerClock : public ports::Clock {
 public:
  explicit ServerClock(ClockSources sources = systemClocks()) : sources_(std::move(sources)), sign_(sources_.boot) {}

  /// Asks Redis once; for the first answer it asks again, a few times, when a call took long. Until the first answer
  /// now() is the epoch. Called by one thread at a time.
  Result<ClockReading> sample(Shard& shard);
  /// Asks every second until stop() and shows `watch` and `takeOver` the answers; run it on a thread of its own.
  void run(Shard& shard, ClockWatch& watch, TakeOver& takeOver);
  void stop();

  /// The sign of life that the calls renew.
  const OwnSign& sign() const { return sign_; }

  Instant now() const override;
  std::chrono::nanoseconds realTimeUntil(Instant at) const override;
  /// The loops poll, and this clock does not jump: no listener is needed.
  void onJump(std::function<void()>) override {}

 private:
  /// The server's time that the last answer told, and the boot-time clock when it came.
  struct Told {
    std::int64_t server = 0;  // ms
    std::int64_t boot = 0;    // ms
  };
  struct Answer;
  /// The fleet's time between answers, µs of boot-time clock and of fleet's time.
  struct Carried {
    std::int64_t offset = 0;  // fleet's time less boot-time clock; 0: no answer yet
    std::int64_t slew = 0;    // how much the offset grows, evenly, in the second from `since` on
    std::int64_t since = 0;   // of the boot-time clock
    std::int64_t latest = 0;  // the largest value now() returned, ms
    std::int64_t at(std::int64_t boot) const;
  };
  Result<ClockReading> ask(Shard& shard);
  std::vector<std::string> question(std::int64_t before) const;
  std::vector<std::string> withSign(std::vector<std::string> asked) const;
  static Answer answerIn(const Reply& reply);
  void carryOn(const Answer& answer);
  void judgePace(const Answer& answer);
  ClockReading readingOf(const Answer& answer) const;
  SignReading signsIn(Answer answer);

  const ClockSources sources_;
  OwnSign sign_;
  mutable runtime::Guarded<Carried> carried_;
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;

  // Used by sample() only:
  std::optional<Told> told_;
  std::int64_t took_ = 0;  // µs of the last call
  int gains_ = 0;          // calls in a row for which the boot-time clock gained on the server's
  runtime::LoopBackoff failing_;
};

}  // namespace lull::redis
