#pragma once

#include "model/state.hpp"
#include "model/steps.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace lull::model {

/// The state of one (endpoint, key).
enum class KeyState : std::uint8_t {
  None,
  WaitingNew,
  WaitingAttempted,
  Leased,
  LeasedWithSuccessor,
  LeaseExpired,
  LeaseExpiredWithSuccessor,
  Dead,            ///< a dead letter, nothing queued
  DeadSuperseded,  ///< the same, superseded
};
inline constexpr std::size_t kKeyStates = 9;
/// The condition of its endpoint; of several the first one counts.
enum class Condition : std::uint8_t { Normal, Paused, Parked, Open };
inline constexpr std::size_t kConditions = 4;

/// Whether the operation can meet the state at all, by the meaning of the words.
bool reachable(KeyState state, Op op);

/// How often each operation met each state. Not thread-safe: one per worker, added up at the end.
class Coverage {
 public:
  void met(const State& state, const EndpointName& endpoint, const KeyName& key, Op op, Ms now);
  void add(const Coverage& other);
  std::string table() const;
  /// Combinations that can happen and did not.
  std::vector<std::string> holes() const;

 private:
  std::array<std::array<std::array<std::uint64_t, kOps>, kConditions>, kKeyStates> counts_{};
};

}  // namespace lull::model
