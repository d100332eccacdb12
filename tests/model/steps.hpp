#pragma once

#include "model/reference.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lull::model {

using Random = std::mt19937;

enum class Op : std::uint8_t {
  Admit,
  AdmitLagging,
  Fire,
  FireLease,  ///< with permits: what may go at once is leased
  Claim,
  Complete,
  Reschedule,
  RetryAfter,
  Bury,
  BuryUnsent,
  Release,
  Gone,
  Refused,
  SettleNext,  ///< one of the above, and in the same call a claim of what is next
  LateSettle,
  Renew,
  Pause,
  Resume,
  ChangeMask,
  ChangeFilter,
  Recreate,
  RetryLetter,
  RetryLetters,
  PurgeLetter,
  PurgeLetters,
  ExpireLetters,
  RetryQueue,
  PurgeQueue,
  Flush,
  Advance,
  Restart,
  // Of endpoints that take every event:
  Fan,
  SetAside,
  SkipNow,  ///< set aside without being counted
  ChangeKind,
};
inline constexpr std::size_t kOps = static_cast<std::size_t>(Op::ChangeKind) + 1;

std::string_view nameOf(Op op);

/// One operation; what exactly it does follows from its seed and the state it meets. So a sequence keeps its meaning
/// when others are taken out of it.
struct Step {
  Op op = Op::Advance;
  std::uint32_t seed = 0;
  int focus = -1;  ///< when not negative: it is about this key of the first endpoint, and goes the plainest way
};

/// What one sequence is like. Each draws its own mixture ("swarm testing"): sequences without some operations and with
/// many of others reach states in 40 steps that an even mixture never does.
struct Mixture {
  Rules rules;
  std::size_t keys = 1;  ///< how many of modelKeys() it uses
  std::array<std::uint32_t, kOps> weights{};
  bool lanes = false;           ///< some endpoints take every event
  Kind kind = Kind::Debounced;  ///< of the first endpoint
  bool stop = false;            ///< of the first endpoint: what fails stays first
  bool hasGoal = false;         ///< the sequence begins with planned steps
};
Mixture drawMixture(Random& random, bool lanes);
Op drawOp(const Mixture& mixture, Random& random);

/// A number in [0, n), the same on every platform.
inline std::uint32_t below(Random& random, std::size_t n) {
  return static_cast<std::uint32_t>(random() % static_cast<std::uint32_t>(n));
}

}  // namespace lull::model
