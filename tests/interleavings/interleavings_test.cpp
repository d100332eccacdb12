#include "interleavings/cell.hpp"
#include "interleavings/table.hpp"
#include "support/redis_server.hpp"

#include <gtest/gtest.h>

#include <set>

namespace lull::interleavings {

namespace {

const redis::Address& server() {
  static testing::RedisServer instance;
  static const redis::Address address = instance.address();
  return address;
}

bool hasLane(State state) {
  return state == State::Behind || state == State::SetAside || state == State::Tombstone;
}

/// Who leases the message of an event: a claim, the call that fires its window, or the call that settles the message
/// before it.
enum class By { Claim, Firing, Settling };

// Goes to the state; it is the same state whoever leased.
void prepare(Cell& cell, State state, By by) {
  if (state == State::None) return;
  if (state == State::Paused) return static_cast<void>(cell.pause());
  const bool atOnce = by == By::Firing && state != State::WaitingNew;
  if (atOnce && !cell.eventAtOnce()) throw std::runtime_error("the first event was not leased");
  if (!atOnce) cell.event();
  if (state == State::WaitingNew) return;
  if (!atOnce) cell.claim();
  if (state == State::Leased) return;
  if (state == State::WaitingAttempted) return cell.fail(std::chrono::minutes(1));
  if (state == State::Parked || state == State::ParkedIdle) cell.park(std::chrono::minutes(1));
  if (state == State::ParkedIdle) cell.purgeQueue();
  if (state == State::Parked || state == State::ParkedIdle) return;
  if (state == State::LeasedSuccessor || state == State::Behind) return cell.event();
  if (state == State::SetAside) return cell.setAside(std::chrono::minutes(1));
  if (state == State::Tombstone) {
    cell.event();
    return cell.purgeClaimed();
  }
  if (by == By::Settling) {
    cell.event();
    cell.buryAndClaim();
  } else {
    cell.bury();
    if (state == State::Dead) return;
    if (by != By::Firing || state == State::DeadWaiting) cell.event();
    if (state == State::DeadWaiting) return;
    if (by == By::Firing && !cell.eventAtOnce()) throw std::runtime_error("the second event was not leased");
    if (by != By::Firing) cell.claim();
  }
  if (state == State::DeadLeased) return;
  if (state == State::DeadRetrying) return cell.fail(std::chrono::minutes(1));
  cell.complete();
}

/// How the leases of the process that holds them end.
enum class Loss { Expiry, TakeOver };

void loseLeases(Cell& cell, Loss loss) {
  if (loss == Loss::Expiry) return cell.outliveLeases();
  cell.takeOver();
}

std::string lateSettling(Cell& cell, bool claimedAnew, Loss loss) {
  const auto held = cell.held();
  loseLeases(cell, loss);
  if (claimedAnew) cell.claim();
  return cell.completeLate(held) ? "settled" : "stale";
}

std::string perform(Cell& cell, Op op, Loss loss = Loss::Expiry) {
  switch (op) {
    case Op::NewerEvent:
      return cell.event(), "ok";
    case Op::EventAtOnce:
      return cell.eventAtOnce() ? "leased" : "waits";
    case Op::RetryLetter:
      return cell.retryLetter();
    case Op::RetryLetters:
      return cell.retryLetters();
    case Op::PurgeLetter:
      return cell.purgeLetter();
    case Op::PurgeLetters:
      return cell.purgeLetters();
    case Op::ExpireLetters:
      return cell.expireLetters();
    case Op::PurgeSeenLetter:
      return cell.purgeSeenLetter();
    case Op::PurgeSeenMessage:
      return cell.purgeSeenMessage();
    case Op::PurgeQueue:
      return cell.purgeQueue();
    case Op::RetryQueue:
      return cell.retryQueue();
    case Op::Pause:
      return cell.pause();
    case Op::Resume:
      cell.pause();
      cell.advance(std::chrono::hours(1));
      return cell.resume();
    case Op::Unsubscribe:
      return cell.unsubscribe();
    case Op::Delete:
      return cell.remove();
    case Op::LeaseExpiry:
      loseLeases(cell, loss);
      return cell.claim() ? "claimed" : "nothing";
    case Op::LateSettle:
      return lateSettling(cell, false, loss);
    case Op::StaleSettle:
      return lateSettling(cell, true, loss);
    case Op::SettleNext:
      return cell.completeAndClaim();
  }
  return {};
}

class Interleavings : public ::testing::TestWithParam<State> {};

void expectTheRowsOf(State state, By by) {
  for (const auto& row : table()) {
    if (row.state != state) continue;
    SCOPED_TRACE(nameOf(row.state) + " × " + nameOf(row.op));
    const auto prefix = nameOf(row.state) + "-" + nameOf(row.op) + std::to_string(static_cast<int>(by));
    Cell cell(server(), prefix, hasLane(row.state));
    prepare(cell, row.state, by);
    cell.counted();
    const Row seen{row.state, row.op, perform(cell, row.op), cell.describe(), cell.counted(), cell.next()};
    EXPECT_EQ(textOf(seen), textOf(row));
    EXPECT_EQ(cell.invented(), "") << "I5";
    EXPECT_EQ(cell.unbalanced(), "") << "I8";
    EXPECT_EQ(cell.lostAfterHealing(), "") << "I1";
    EXPECT_EQ(cell.unbalanced(), "") << "I8 after healing";
  }
}

TEST_P(Interleavings, AreAsTheTableSays) {
  expectTheRowsOf(GetParam(), By::Claim);
}

// No time passes: a lease that is taken over counts as expired, and everything else stays as it is.
TEST(InterleavingsTable, SaysWhatATakeOverDoesAsWell) {
  const std::set<State> leased{State::Leased, State::LeasedSuccessor, State::DeadLeased, State::Behind,
                               State::Tombstone};
  const std::set<Op> losses{Op::LeaseExpiry, Op::LateSettle, Op::StaleSettle};
  for (const auto& row : table()) {
    if (!leased.contains(row.state) || !losses.contains(row.op)) continue;
    SCOPED_TRACE(nameOf(row.state) + " × " + nameOf(row.op));
    Cell cell(server(), "taken-" + nameOf(row.state) + "-" + nameOf(row.op), hasLane(row.state));
    prepare(cell, row.state, By::Claim);
    cell.counted();
    const Row seen{row.state,       row.op,         perform(cell, row.op, Loss::TakeOver),
                   cell.describe(), cell.counted(), cell.next()};
    EXPECT_EQ(textOf(seen), textOf(row));
    EXPECT_EQ(cell.unbalanced(), "") << "I8";
    EXPECT_EQ(cell.lostAfterHealing(), "") << "I1";
  }
}

INSTANTIATE_TEST_SUITE_P(From, Interleavings, ::testing::ValuesIn(allStates()),
                         [](const auto& cell) { return nameOf(cell.param); });

/// A lease is the same whichever call gave it.
class LeasedAtFiring : public ::testing::TestWithParam<State> {};

TEST_P(LeasedAtFiring, IsAsTheTableSays) {
  expectTheRowsOf(GetParam(), By::Firing);
}

INSTANTIATE_TEST_SUITE_P(From, LeasedAtFiring,
                         ::testing::Values(State::Leased, State::LeasedSuccessor, State::WaitingAttempted,
                                           State::Parked, State::Dead, State::DeadWaiting, State::DeadLeased,
                                           State::Superseded, State::DeadRetrying),
                         [](const auto& cell) { return nameOf(cell.param); });

class LeasedAtSettling : public ::testing::TestWithParam<State> {};

TEST_P(LeasedAtSettling, IsAsTheTableSays) {
  expectTheRowsOf(GetParam(), By::Settling);
}

INSTANTIATE_TEST_SUITE_P(From, LeasedAtSettling,
                         ::testing::Values(State::DeadLeased, State::Superseded, State::DeadRetrying),
                         [](const auto& cell) { return nameOf(cell.param); });

TEST(InterleavingsTable, HasEveryPairOnce) {
  std::set<std::pair<State, Op>> pairs;
  for (const auto& row : table()) EXPECT_TRUE(pairs.emplace(row.state, row.op).second) << textOf(row);
  EXPECT_EQ(pairs.size(), allStates().size() * allOps().size());
}

}  // namespace

}  // namespace lull::interleavings
