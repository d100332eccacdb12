#pragma once

#include "model/coverage.hpp"
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

}  // namespace lull::model
