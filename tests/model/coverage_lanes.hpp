#pragma once

#include "model/coverage.hpp"
#include "model/coverage_filters.hpp"
#include "model/coverage_turns.hpp"

namespace lull::model {

/// Where a message of an endpoint that takes every event stands.
enum class LaneState : std::uint8_t {
  Empty,  ///< nothing is queued
  HeadWaiting,
  HeadFailed,  ///< it waits for another attempt
  HeadLeased,
  HeadExpired,  ///< its lease has ended
  Behind,
  Aside,
  AsideLeased,
  AsideExpired,
  Tombstone,
  TombstoneExpired,
  Blocked,  ///< it may not be buried, so its endpoint is paused
  Dead,
};
inline constexpr std::size_t kLaneStates = static_cast<std::size_t>(LaneState::Dead) + 1;
inline constexpr std::size_t kLaneKinds = 3;

LaneState laneStateOf(const EndpointModel& endpoint, const KeyName& key, Ms now);
/// Whether the operation can meet the state at an endpoint of the kind, by the meaning of the words.
bool reachable(Kind kind, LaneState state, Op op);
bool isAboutLetters(Op op);

/// One cell of the table.
struct LaneGoal {
  Kind kind = Kind::Item;
  LaneState state = LaneState::Empty;
  Op op = Op::Advance;
};
const std::vector<LaneGoal>& allLaneGoals();

/// How often each operation met each state. Not thread-safe.
class LaneCoverage {
 public:
  void met(Kind kind, LaneState state, Op op) { ++count(kind, state, op); }
  /// All states that the endpoint's messages are in.
  void metAll(const State& state, const EndpointName& endpoint, Op op, Ms now);
  void add(const LaneCoverage& other);
  std::string table() const;
  /// Combinations that can happen and were met less than `least` times.
  std::vector<std::string> holes(std::uint64_t least) const;

 private:
  std::uint64_t& count(Kind kind, LaneState state, Op op) {
    return counts_[static_cast<std::size_t>(kind) - 1][static_cast<std::size_t>(state)][static_cast<std::size_t>(op)];
  }
  std::array<std::array<std::array<std::uint64_t, kOps>, kLaneStates>, kLaneKinds> counts_{};
};

struct AllCoverage {
  Coverage debounced;
  LaneCoverage lanes;
  TurnCoverage turns;
  FilterCoverage filters;
};

}  // namespace lull::model
