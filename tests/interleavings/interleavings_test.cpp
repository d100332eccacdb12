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

void prepare(Cell& cell, State state) {
  if (state == State::None) return;
  cell.event();
  if (state == State::WaitingNew) return;
  cell.claim();
  if (state == State::Leased) return;
  if (state == State::WaitingAttempted) return cell.fail(std::chrono::minutes(1));
  if (state == State::Parked) return cell.park(std::chrono::minutes(1));
  if (state == State::LeasedSuccessor || state == State::Behind) return cell.event();
  if (state == State::SetAside) return cell.setAside(std::chrono::minutes(1));
  if (state == State::Tombstone) {
    cell.event();
    return cell.purgeClaimed();
  }
  cell.bury();
  if (state == State::Dead) return;
  cell.event();
  if (state == State::DeadWaiting) return;
  cell.claim();
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
  }
  return {};
}

class Interleavings : public ::testing::TestWithParam<State> {};

TEST_P(Interleavings, AreAsTheTableSays) {
  for (const auto& row : table()) {
    if (row.state != GetParam()) continue;
    SCOPED_TRACE(nameOf(row.state) + " × " + nameOf(row.op));
    Cell cell(server(), nameOf(row.state) + "-" + nameOf(row.op), hasLane(row.state));
    prepare(cell, row.state);
    cell.counted();
    const Row seen{row.state, row.op, perform(cell, row.op), cell.describe(), cell.counted(), cell.next()};
    EXPECT_EQ(textOf(seen), textOf(row));
    EXPECT_EQ(cell.invented(), "") << "I5";
    EXPECT_EQ(cell.unbalanced(), "") << "I8";
    EXPECT_EQ(cell.lostAfterHealing(), "") << "I1";
    EXPECT_EQ(cell.unbalanced(), "") << "I8 after healing";
  }
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
    prepare(cell, row.state);
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

TEST(InterleavingsTable, HasEveryPairOnce) {
  std::set<std::pair<State, Op>> pairs;
  for (const auto& row : table()) EXPECT_TRUE(pairs.emplace(row.state, row.op).second) << textOf(row);
  EXPECT_EQ(pairs.size(), allStates().size() * allOps().size());
}

}  // namespace

}  // namespace lull::interleavings
