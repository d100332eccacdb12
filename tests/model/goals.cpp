#include "model/goals.hpp"

#include <initializer_list>

namespace lull::model {

namespace {

// The second key is there to park the endpoint or to open its breaker while the first one stays as it is.
constexpr int kFirst = 0;
constexpr int kSecond = 1;
constexpr int kNone = -1;  // goes any way

class Plan {
 public:
  explicit Plan(Random& random) : random_(random) {}

  void add(int focus, std::initializer_list<Op> ops) {
    for (const auto op : ops) steps_.push_back({op, static_cast<std::uint32_t>(random_()), focus});
  }
  void arrive(int focus) { add(focus, {Op::Admit, Op::Flush, Op::Fire}); }
  void reach(KeyState state) {
    if (state == KeyState::None) return;
    arrive(kFirst);
    if (state == KeyState::WaitingNew) return;
    add(kFirst, {Op::Claim});
    if (state == KeyState::WaitingAttempted) add(kFirst, {Op::Reschedule});
    if (state == KeyState::LeasedWithSuccessor || state == KeyState::LeaseExpiredWithSuccessor) arrive(kFirst);
    if (state == KeyState::LeaseExpired || state == KeyState::LeaseExpiredWithSuccessor) add(kFirst, {Op::Advance});
    if (state == KeyState::Dead || state == KeyState::DeadSuperseded) add(kFirst, {Op::Bury});
    if (state != KeyState::DeadSuperseded) return;
    arrive(kFirst);
    add(kFirst, {Op::Claim, Op::Complete});
  }
  std::vector<Step> take() { return std::move(steps_); }

 private:
  Random& random_;
  std::vector<Step> steps_;
};

bool fires(Op op) {
  return op == Op::Fire || op == Op::FireLease;
}

bool needsLetter(const Goal& goal) {
  return goal.op == Op::RetryLetter || goal.op == Op::RetryLetters || goal.op == Op::PurgeLetter ||
         goal.op == Op::PurgeLetters || goal.op == Op::ExpireLetters;
}

// What is leased, and becomes unwanted, does not stop its endpoint when it fails.
bool losesItsEvent(const LaneGoal& goal) {
  const bool leased = goal.state == LaneState::HeadLeased || goal.state == LaneState::HeadExpired ||
                      goal.state == LaneState::AsideLeased || goal.state == LaneState::AsideExpired;
  return goal.kind == Kind::Endpoint && leased && goal.op == Op::ChangeFilter;
}

}  // namespace

const std::vector<Goal>& allGoals() {
  static const std::vector<Goal> goals = [] {
    std::vector<Goal> all;
    for (std::size_t s = 0; s < kKeyStates; ++s)
      for (std::size_t c = 0; c < kConditions; ++c)
        for (std::size_t o = 0; o < kOps; ++o)
          if (reachable(static_cast<KeyState>(s), static_cast<Op>(o)))
            all.push_back({static_cast<KeyState>(s), static_cast<Condition>(c), static_cast<Op>(o)});
    return all;
  }();
  return goals;
}

std::vector<Step> stepsTo(const Goal& goal, Random& random) {
  Plan plan(random);
  const bool closes = goal.condition == Condition::Parked || goal.condition == Condition::Open;
  if (closes) plan.arrive(kSecond);
  if (closes) plan.add(kSecond, {Op::Claim});
  if (goal.op == Op::LateSettle) {
    plan.arrive(kFirst);
    plan.add(kFirst, {Op::Claim, Op::Complete});
  }
  if (needsLetter(goal) && goal.state != KeyState::Dead && goal.state != KeyState::DeadSuperseded)
    plan.reach(KeyState::Dead);
  plan.reach(goal.state);
  if (fires(goal.op) || goal.op == Op::Flush) plan.add(kFirst, {Op::Admit});
  if (fires(goal.op)) plan.add(kFirst, {Op::Flush});
  if (goal.condition == Condition::Paused) plan.add(kFirst, {Op::Pause});
  if (goal.condition == Condition::Parked) plan.add(kSecond, {Op::RetryAfter});
  if (goal.condition == Condition::Open) plan.add(kSecond, {Op::Reschedule});
  plan.add(kFirst, {goal.op});
  return plan.take();
}

bool stops(const LaneGoal& goal) {
  return goal.state == LaneState::Blocked || losesItsEvent(goal);
}

std::vector<Step> stepsToTurn(Random& random) {
  Plan plan(random);
  switch (below(random, 3)) {
    case 0:
      plan.add(kFirst, {Op::ChangeFilter, Op::Admit, Op::ChangeKind, Op::Flush, Op::Fire});
      break;
    case 1:
      plan.add(kFirst, {Op::Admit, Op::Admit, Op::ChangeKind, Op::Flush, Op::Fire, Op::ChangeFilter, Op::Claim});
      break;
    default:
      plan.add(kNone, {Op::ChangeFilter});
      plan.add(kFirst, {Op::Admit, Op::ChangeKind, Op::Admit, Op::Fan, Op::Flush, Op::Fire});
  }
  return plan.take();
}

std::vector<Step> stepsTo(const LaneGoal& goal, Random& random) {
  Plan plan(random);
  if (goal.state != LaneState::Empty || goal.op == Op::LateSettle) plan.add(kFirst, {Op::Admit, Op::Fan});
  switch (goal.state) {
    case LaneState::Empty:
      if (goal.op == Op::LateSettle) plan.add(kFirst, {Op::Claim, Op::Complete, Op::PurgeQueue});
      break;
    case LaneState::HeadWaiting:
      break;
    case LaneState::HeadFailed:
      plan.add(kFirst, {Op::Claim, Op::Reschedule});
      break;
    case LaneState::HeadLeased:
      plan.add(kFirst, {Op::Claim});
      break;
    case LaneState::HeadExpired:
      plan.add(kFirst, {Op::Claim, Op::Advance});
      break;
    case LaneState::Behind:
      plan.add(kFirst, {Op::Admit, Op::Fan, Op::Claim});
      break;
    case LaneState::Aside:
      plan.add(kFirst, {Op::Claim, Op::SetAside});
      break;
    case LaneState::AsideLeased:
    case LaneState::AsideExpired:
      plan.add(kFirst, {Op::Claim, Op::SetAside, Op::RetryQueue, Op::Claim});
      if (goal.state == LaneState::AsideExpired) plan.add(kFirst, {Op::Advance});
      break;
    case LaneState::Tombstone:
    case LaneState::TombstoneExpired:
      plan.add(kFirst, {Op::Claim, Op::PurgeQueue});
      if (goal.state == LaneState::TombstoneExpired) plan.add(kFirst, {Op::Advance});
      break;
    case LaneState::Blocked:
    case LaneState::Dead:
      plan.add(kFirst, {Op::Claim, Op::Bury});
      break;
  }
  if (fires(goal.op) || goal.op == Op::Flush || goal.op == Op::Fan) plan.add(kFirst, {Op::Admit});
  if (fires(goal.op)) plan.add(kFirst, {Op::Flush});
  plan.add(kFirst, {goal.op});
  if (losesItsEvent(goal)) plan.add(kFirst, {Op::Bury});
  return plan.take();
}

}  // namespace lull::model
