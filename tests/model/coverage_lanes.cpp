#include "model/coverage_lanes.hpp"

#include <iomanip>
#include <set>
#include <sstream>
#include <string_view>

namespace lull::model {

namespace {

constexpr std::array<std::string_view, kLaneStates> kLaneStateNames{
    "empty",        "head-waiting",  "head-failed", "head-leased",       "head-expired", "behind", "aside",
    "aside-leased", "aside-expired", "tombstone",   "tombstone-expired", "blocked",      "dead"};
constexpr std::array<std::string_view, kLaneKinds> kKindNames{"item ", "endpoint ", "none "};

bool isSettlement(Op op) {
  switch (op) {
    case Op::Complete:
    case Op::Reschedule:
    case Op::RetryAfter:
    case Op::Bury:
    case Op::BuryUnsent:
    case Op::Release:
    case Op::Gone:
    case Op::Refused:
    case Op::SettleNext:
    case Op::Renew:
    case Op::SetAside:
    case Op::SkipNow:
      return true;
    default:
      return false;
  }
}

bool exists(Kind kind, LaneState state) {
  switch (state) {
    case LaneState::Behind:
    case LaneState::Tombstone:
    case LaneState::TombstoneExpired:
      return kind != Kind::Each;
    case LaneState::Aside:
    case LaneState::AsideLeased:
    case LaneState::AsideExpired:
    case LaneState::Blocked:
      return kind == Kind::Endpoint;
    default:
      return true;
  }
}

std::string nameOf(const LaneGoal& goal) {
  return std::string(kKindNames[static_cast<std::size_t>(goal.kind) - 1]) +
         std::string(kLaneStateNames[static_cast<std::size_t>(goal.state)]);
}

}  // namespace

bool isAboutLetters(Op op) {
  return op == Op::RetryLetter || op == Op::RetryLetters || op == Op::PurgeLetter || op == Op::PurgeLetters ||
         op == Op::ExpireLetters;
}

bool reachable(Kind kind, LaneState state, Op op) {
  if (!exists(kind, state)) return false;
  if (isAboutLetters(op)) return state == LaneState::Dead;
  const bool leased = state == LaneState::HeadLeased || state == LaneState::HeadExpired ||
                      state == LaneState::AsideLeased || state == LaneState::AsideExpired;
  if (op == Op::SetAside || op == Op::SkipNow) {
    return kind == Kind::Endpoint && (leased || state == LaneState::Behind);
  }
  if (isSettlement(op)) return leased || state == LaneState::Behind;
  if (op == Op::LateSettle) {
    return state == LaneState::Empty || state == LaneState::HeadFailed || state == LaneState::Tombstone ||
           state == LaneState::TombstoneExpired;
  }
  return true;
}

LaneState laneStateOf(const EndpointModel& endpoint, const KeyName& key, Ms now) {
  const auto& own = endpoint.own;
  if (const auto tombstone = own.tombstones.find(key); tombstone != own.tombstones.end())
    return tombstone->second.leasedUntil > now ? LaneState::Tombstone : LaneState::TombstoneExpired;
  const auto found = endpoint.queue.find(key);
  if (found == endpoint.queue.end()) return LaneState::Empty;
  const auto& message = found->second.message;
  if (message.leasedUntil) {
    if (*message.leasedUntil > now) return message.aside ? LaneState::AsideLeased : LaneState::HeadLeased;
    return message.aside ? LaneState::AsideExpired : LaneState::HeadExpired;
  }
  if (own.blocked == key) return LaneState::Blocked;
  if (message.aside) return LaneState::Aside;
  if (isBehind(endpoint, key)) return LaneState::Behind;
  return message.attempts > 0 ? LaneState::HeadFailed : LaneState::HeadWaiting;
}

const std::vector<LaneGoal>& allLaneGoals() {
  static const std::vector<LaneGoal> goals = [] {
    std::vector<LaneGoal> all;
    for (std::size_t k = 1; k <= kLaneKinds; ++k)
      for (std::size_t s = 0; s < kLaneStates; ++s)
        for (std::size_t o = 0; o < kOps; ++o)
          if (reachable(static_cast<Kind>(k), static_cast<LaneState>(s), static_cast<Op>(o)))
            all.push_back({static_cast<Kind>(k), static_cast<LaneState>(s), static_cast<Op>(o)});
    return all;
  }();
  return goals;
}

void LaneCoverage::metAll(const State& state, const EndpointName& id, Op op, Ms now) {
  const auto& endpoint = state.endpoints.at(id);
  std::set<LaneState> states;
  for (const auto& [key, slot] : endpoint.queue) states.insert(laneStateOf(endpoint, key, now));
  for (const auto& [key, tombstone] : endpoint.own.tombstones) states.insert(laneStateOf(endpoint, key, now));
  if (states.empty()) states.insert(LaneState::Empty);
  if (!state.letters.at(id).empty()) states.insert(LaneState::Dead);
  for (const auto one : states) met(endpoint.kind, one, op);
}

void LaneCoverage::add(const LaneCoverage& other) {
  for (std::size_t k = 0; k < kLaneKinds; ++k)
    for (std::size_t s = 0; s < kLaneStates; ++s)
      for (std::size_t o = 0; o < kOps; ++o) counts_[k][s][o] += other.counts_[k][s][o];
}

std::string LaneCoverage::table() const {
  constexpr int kFirst = 28;
  std::ostringstream out;
  for (std::size_t from = 0; from < kOps; from += kOps / 2) {
    const std::size_t to = std::min(from + kOps / 2, kOps);
    out << std::left << std::setw(kFirst) << "lane" << std::right;
    for (std::size_t o = from; o < to; ++o)
      out << ' ' << std::setw(8) << model::nameOf(static_cast<Op>(o)).substr(0, 8);
    out << '\n';
    for (std::size_t k = 0; k < kLaneKinds; ++k) {
      for (std::size_t s = 0; s < kLaneStates; ++s) {
        const LaneGoal row{static_cast<Kind>(k + 1), static_cast<LaneState>(s)};
        if (!exists(row.kind, row.state)) continue;
        out << std::left << std::setw(kFirst) << nameOf(row) << std::right;
        for (std::size_t o = from; o < to; ++o) {
          out << ' ' << std::setw(8);
          if (reachable(row.kind, row.state, static_cast<Op>(o))) {
            out << counts_[k][s][o];
          } else {
            out << '-';
          }
        }
        out << '\n';
      }
    }
    out << '\n';
  }
  return out.str();
}

std::vector<std::string> LaneCoverage::holes(std::uint64_t least) const {
  std::vector<std::string> holes;
  for (const auto& goal : allLaneGoals()) {
    const auto times = counts_[static_cast<std::size_t>(goal.kind) - 1][static_cast<std::size_t>(goal.state)]
                              [static_cast<std::size_t>(goal.op)];
    if (times < least)
      holes.push_back(nameOf(goal) + " x " + std::string(model::nameOf(goal.op)) + ": " + std::to_string(times));
  }
  return holes;
}

}  // namespace lull::model
