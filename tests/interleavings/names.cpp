#include "interleavings/table.hpp"

#include <array>
#include <string_view>

namespace lull::interleavings {

namespace {

constexpr std::array<std::string_view, 16> kStates{
    "None", "Paused",      "ParkedIdle", "WaitingNew", "WaitingAttempted", "Parked", "Leased",   "LeasedSuccessor",
    "Dead", "DeadWaiting", "DeadLeased", "Superseded", "DeadRetrying",     "Behind", "SetAside", "Tombstone"};
constexpr std::array<std::string_view, 19> kOps{"NewerEvent",       "EventAtOnce",  "RetryLetter",   "RetryLetters",
                                                "PurgeLetter",      "PurgeLetters", "ExpireLetters", "PurgeSeenLetter",
                                                "PurgeSeenMessage", "PurgeQueue",   "RetryQueue",    "Pause",
                                                "Resume",           "Unsubscribe",  "Delete",        "LeaseExpiry",
                                                "LateSettle",       "StaleSettle",  "SettleNext"};

template <class Enum, std::size_t N>
std::vector<Enum> all(const std::array<std::string_view, N>&) {
  std::vector<Enum> values;
  for (std::size_t i = 0; i < N; ++i) values.push_back(static_cast<Enum>(i));
  return values;
}

}  // namespace

std::vector<State> allStates() {
  return all<State>(kStates);
}

std::vector<Op> allOps() {
  return all<Op>(kOps);
}

std::string nameOf(State state) {
  return std::string(kStates.at(static_cast<std::size_t>(state)));
}

std::string nameOf(Op op) {
  return std::string(kOps.at(static_cast<std::size_t>(op)));
}

std::string textOf(const Row& row) {
  return nameOf(row.state) + " x " + nameOf(row.op) + ": " + row.answer + "; " + row.after + "; " + row.counted +
         "; next " + row.next;
}

}  // namespace lull::interleavings
