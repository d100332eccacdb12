#pragma once

#include "model/coverage.hpp"
#include "model/coverage_lanes.hpp"
#include "model/steps.hpp"

#include <vector>

namespace lull::model {

/// One cell of the coverage table.
struct Goal {
  KeyState state = KeyState::None;
  Condition condition = Condition::Normal;
  Op op = Op::Advance;
};

/// All that can happen, in a fixed order.
const std::vector<Goal>& allGoals();
/// Steps that bring the first key of the first endpoint into the goal's state and condition, and then do its operation.
/// They need two keys, a breaker that opens at the first failure and no cap on dead letters.
std::vector<Step> stepsTo(const Goal& goal, Random& random);
/// The same for the first endpoint when it takes every event. It needs an endpoint of the goal's kind, which stops at a
/// failure only when stops() says so, and no caps.
std::vector<Step> stepsTo(const LaneGoal& goal, Random& random);
bool stops(const LaneGoal& goal);
/// Steps after which the first endpoint, debounced at first, takes every event and a window fires that it would still
/// be owed. Its filter refuses the events, from the beginning or only when it has been told, or it refuses some.
std::vector<Step> stepsToTurn(Random& random);

}  // namespace lull::model
