#include "model/coverage.hpp"

#include <iomanip>
#include <sstream>
#include <string_view>

namespace lull::model {

namespace {

constexpr std::array<std::string_view, kKeyStates> kStateNames{"none",
                                                               "waiting-new",
                                                               "waiting-attempted",
                                                               "leased",
                                                               "leased+successor",
                                                               "lease-expired",
                                                               "lease-expired+successor",
                                                               "dead",
                                                               "dead-superseded"};
constexpr std::array<std::string_view, kConditions> kConditionNames{"", " paused", " parked", " open"};

KeyState keyStateOf(const State& state, const EndpointName& id, const KeyName& key, Ms now) {
  const auto& queue = state.endpoints.at(id).queue;
  if (const auto found = queue.find(key); found != queue.end()) {
    const auto& slot = found->second;
    if (!slot.message.leasedUntil) return slot.message.attempted ? KeyState::WaitingAttempted : KeyState::WaitingNew;
    if (*slot.message.leasedUntil <= now)
      return slot.successor ? KeyState::LeaseExpiredWithSuccessor : KeyState::LeaseExpired;
    return slot.successor ? KeyState::LeasedWithSuccessor : KeyState::Leased;
  }
  const auto& letters = state.letters.at(id);
  const auto letter = letters.find(key);
  if (letter == letters.end()) return KeyState::None;
  return letter->second.supersededAt > 0 ? KeyState::DeadSuperseded : KeyState::Dead;
}

Condition conditionOf(const EndpointModel& endpoint, Ms now) {
  if (!endpoint.paused.empty()) return Condition::Paused;
  if (endpoint.gate > now) return Condition::Parked;
  return endpoint.openUntil > 0 ? Condition::Open : Condition::Normal;
}

bool isLeased(KeyState state) {
  return state == KeyState::Leased || state == KeyState::LeasedWithSuccessor || state == KeyState::LeaseExpired ||
         state == KeyState::LeaseExpiredWithSuccessor;
}

}  // namespace

bool reachable(KeyState state, Op op) {
  switch (op) {
    case Op::Fan:
    case Op::SetAside:
    case Op::SkipNow:
    case Op::ChangeKind:
      return false;  // coverage_lanes.hpp has them
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
      return isLeased(state);  // a valid token is a lease
    case Op::RetryLetter:
    case Op::RetryLetters:
    case Op::PurgeLetter:
    case Op::PurgeLetters:
    case Op::ExpireLetters:
      return state != KeyState::None;  // "none" is without a letter
    default:
      return true;
  }
}

void Coverage::met(const State& state, const EndpointName& endpoint, const KeyName& key, Op op, Ms now) {
  const auto found = state.endpoints.find(endpoint);
  if (found == state.endpoints.end()) return;
  const auto row = static_cast<std::size_t>(keyStateOf(state, endpoint, key, now));
  ++counts_[row][static_cast<std::size_t>(conditionOf(found->second, now))][static_cast<std::size_t>(op)];
}

void Coverage::add(const Coverage& other) {
  for (std::size_t s = 0; s < kKeyStates; ++s)
    for (std::size_t c = 0; c < kConditions; ++c)
      for (std::size_t o = 0; o < kOps; ++o) counts_[s][c][o] += other.counts_[s][c][o];
}

std::string Coverage::table() const {
  constexpr int kFirst = 32;
  std::ostringstream out;
  // Two halves, so that a terminal shows it.
  for (std::size_t from = 0; from < kOps; from += (kOps + 1) / 2) {
    const std::size_t to = std::min(from + (kOps + 1) / 2, kOps);
    out << std::left << std::setw(kFirst) << "state" << std::right;
    for (std::size_t o = from; o < to; ++o) out << ' ' << std::setw(8) << nameOf(static_cast<Op>(o)).substr(0, 8);
    out << '\n';
    for (std::size_t s = 0; s < kKeyStates; ++s) {
      for (std::size_t c = 0; c < kConditions; ++c) {
        out << std::left << std::setw(kFirst) << (std::string(kStateNames[s]) + std::string(kConditionNames[c]))
            << std::right;
        for (std::size_t o = from; o < to; ++o) {
          out << ' ' << std::setw(8);
          if (reachable(static_cast<KeyState>(s), static_cast<Op>(o))) {
            out << counts_[s][c][o];
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

std::vector<std::string> Coverage::holes() const {
  std::vector<std::string> holes;
  for (std::size_t s = 0; s < kKeyStates; ++s)
    for (std::size_t c = 0; c < kConditions; ++c)
      for (std::size_t o = 0; o < kOps; ++o)
        if (counts_[s][c][o] == 0 && reachable(static_cast<KeyState>(s), static_cast<Op>(o)))
          holes.push_back(std::string(kStateNames[s]) + std::string(kConditionNames[c]) + " x " +
                          std::string(nameOf(static_cast<Op>(o))));
  return holes;
}

}  // namespace lull::model
