#pragma once

#include <lull/domain/time.hpp>
#include <lull/ports/life_sign.hpp>
#include <lull/runtime/guarded.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace lull::redis {

/// The sign of life of this process, as clock.lua confirmed it last. Thread-safe.
class OwnSign : public ports::LifeSign {
 public:
  /// For how long a sign is valid that is not renewed.
  static constexpr Millis kTtl{2000};
  using BootTime = std::chrono::microseconds;

  /// `boot` reads this host's boot-time clock (ClockSources).
  explicit OwnSign(std::function<BootTime()> boot);

  std::uint32_t slot() const override { return state_.lock()->slot; }
  bool covers(std::uint32_t slot) const override;

  /// What clock.lua is told of the sign: its member of the sorted set, its nonce and its TTL.
  std::vector<std::string> question() const;
  /// Empty without a sign.
  std::string member() const { return state_.lock()->member; }
  /// The reply to a call that was sent at `sent` named this sign; an empty one means that no slot was free. Returns
  /// whether the sign before it had run out by then, or was taken over: the store, or this process, was away.
  bool confirm(std::string member, BootTime sent);

 private:
  struct State {
    std::string member;
    std::uint32_t slot = 0;
    BootTime until{0};  // of the boot-time clock
  };
  const std::function<BootTime()> boot_;
  const std::string nonce_;
  mutable runtime::Guarded<State> state_;
};

}  // namespace lull::redis
