#include "unit/sources/fakes.hpp"

#include <lull/sources/outbox_loop.hpp>
#include <lull/sources/source_loop.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lull::sources {
namespace {

using ports::OutboxRow;
using ports::SourceState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A table in memory, with one transaction at a time.
class FakeTable : public ports::OutboxTable {
 public:
  Result<std::vector<OutboxRow>> take(std::size_t most) override {
    ++takes;
    if (away) return kAway;
    if (whileTaking) whileTaking();
    if (brokenNow) return kAway;
    std::vector<OutboxRow> taken;
    for (const auto& [id, type] : rows) {
      if (taken.size() == most) break;
      if (aside.contains(id)) continue;
      OutboxRow row;
      row[OutboxPart::Id] = ports::PartValue{std::to_string(id), true};
      row[OutboxPart::Type] = ports::PartValue{type};
      row[OutboxPart::WrittenAt] = ports::PartValue{"2026-11-28 12:00:00.5"};
      if (faults.contains(id)) row.fault = faults[id];
      taken.push_back(row);
    }
    locked = !taken.empty();
    return taken;
  }
  Status finish(const std::vector<std::string>& done, const std::vector<ports::RefusedRow>& refused) override {
    locked = false;
    if (finishFails) return kAway;
    for (const auto& id : done) rows.erase(std::stoi(id));
    for (const auto& [id, reason] : refused) aside[std::stoi(id)] = reason;
    ++commits;
    return Done{};
  }
  void leave() override {
    locked = false;
    ++leaves;
  }
  void cancel() override { ++cancels; }

  void write(int first, int count) {
    for (int id = first; id < first + count; ++id) rows[id] = "AssetCreated";
  }

  std::map<int, std::string> rows;
  std::map<int, std::string> aside;
  std::map<int, std::string> faults;
  std::function<void()> whileTaking;
  bool away = false, brokenNow = false, finishFails = false, locked = false;
  int takes = 0, commits = 0, leaves = 0, cancels = 0;
};

class FakeReader : public ports::EventReader {
 public:
  Result<Event> read(ports::EventParts parts) const override {
    if (parts.type != "AssetCreated") return Error{ErrorCode::InvalidInput, "type: It is unknown."};
    Event event;
    event.id = parts.id;
    return event;
  }
};

class Outboxes : public ::testing::Test {
 protected:
  void hold(std::uint64_t asked = 0) { loop_.hold(now_ + seconds(2), asked); }
  /// Turns for so long, with the lease renewed, resting as the loop says.
  void run(milliseconds time, std::uint64_t asked = 0) {
    const auto end = now_ + time;
    while (now_ < end) {
      hold(asked);
      const auto rest = std::min<std::chrono::nanoseconds>(loop_.turn(), seconds(1));
      now_ += std::max(std::chrono::duration_cast<Ticks::duration>(rest), Ticks::duration(milliseconds(1)));
    }
  }
  const ports::SourceNote& lastNote() const { return store_.notes.back(); }

  Ticks now_ = Ticks{} + std::chrono::hours(1);
  FakeTable table_;
  FakeAdmission admission_;
  FakeReader reader_;
  FakeStore store_;
  FakeAlerts alerts_;
  OutboxLoop loop_{
      {"crm", Millis{60'000}, 10}, {table_, admission_, reader_, store_, alerts_}, [this] { return now_; }};
};

TEST_F(Outboxes, RowsAreAdmittedInTheirOrderUntilTheTableIsEmpty) {
  table_.write(1, 25);
  run(milliseconds(100));
  ASSERT_EQ(admission_.order.size(), 25U);
  for (std::size_t i = 0; i < 25; ++i) EXPECT_EQ(admission_.order[i], std::to_string(i + 1));
  EXPECT_THAT(table_.rows, IsEmpty());
  EXPECT_EQ(table_.takes, 3) << "in batches, and not once more than needed";
  EXPECT_EQ(admission_.kept, Millis(std::chrono::days(7)));
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  EXPECT_TRUE(lastNote().ended);
  EXPECT_TRUE(lastNote().empty);
  std::uint64_t admitted = 0;
  for (const auto& note : store_.notes) admitted += note.admitted;
  EXPECT_EQ(admitted, 25U);
}

TEST_F(Outboxes, TheNextRunIsAnIntervalLater) {
  run(milliseconds(10));
  table_.write(1, 1);
  run(seconds(59));
  EXPECT_EQ(table_.takes, 1);
  run(seconds(2));
  EXPECT_EQ(table_.takes, 2);
  EXPECT_THAT(table_.rows, IsEmpty());
}

TEST_F(Outboxes, WhoAsksGetsARunAtOnce) {
  run(milliseconds(10), 4);
  EXPECT_EQ(table_.takes, 1) << "that was before it held the source";
  table_.write(1, 1);
  run(milliseconds(10), 5);
  EXPECT_EQ(table_.takes, 2);
  run(seconds(10), 5);
  EXPECT_EQ(table_.takes, 2);
}

TEST_F(Outboxes, WhoAsksDuringARunGetsAnother) {
  table_.whileTaking = [this] { hold(7); };
  run(milliseconds(10), 7);
  EXPECT_EQ(table_.takes, 1);
  table_.whileTaking = [this] { hold(table_.takes >= 2 ? 9 : 8); };
  hold(8);
  EXPECT_EQ(loop_.turn(), std::chrono::nanoseconds(0)) << "it does not rest";
  EXPECT_EQ(table_.takes, 2);
  EXPECT_EQ(loop_.turn(), std::chrono::nanoseconds(0) + seconds(60));
  EXPECT_EQ(table_.takes, 3);
}

TEST_F(Outboxes, WhoGetsTheLeaseBackRunsAtOnceBecauseNobodyKnowsWhenTheLastRunWas) {
  run(milliseconds(10));
  EXPECT_EQ(table_.takes, 1);
  now_ += seconds(3);
  loop_.turn();
  run(milliseconds(10));
  EXPECT_EQ(table_.takes, 2);
}

TEST_F(Outboxes, NothingIsTakenWithoutTheLease) {
  table_.write(1, 1);
  EXPECT_GT(loop_.turn(), seconds(60));
  hold();
  now_ += seconds(2);
  loop_.turn();
  EXPECT_EQ(table_.takes, 0);
  hold();
  loop_.letGo();
  loop_.turn();
  EXPECT_EQ(table_.takes, 0);
}

TEST_F(Outboxes, ALeaseThatEndsWhileRowsAreReadEndsTheBatch) {
  table_.write(1, 5);
  table_.whileTaking = [this] { now_ += seconds(3); };
  hold();
  loop_.turn();
  EXPECT_THAT(admission_.order, IsEmpty());
  EXPECT_EQ(table_.rows.size(), 5U);
  EXPECT_FALSE(table_.locked);
}

TEST_F(Outboxes, ADatabaseThatFailsAfterTheLeaseHasEndedIsAnAlert) {
  table_.whileTaking = [this] {
    now_ += seconds(3);
    table_.brokenNow = true;
  };
  hold();
  loop_.turn();
  EXPECT_THAT(alerts_.sentences, ElementsAre("It is away."));
  EXPECT_EQ(lastNote().state, SourceState::Failing);
}

TEST_F(Outboxes, WhatIsAdmittedAndNotRemovedIsAdmittedOnce) {
  table_.write(1, 5);
  table_.finishFails = true;
  run(milliseconds(1));
  EXPECT_EQ(admission_.order.size(), 5U);
  EXPECT_EQ(table_.rows.size(), 5U);
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_EQ(lastNote().failures, 1U);
  table_.finishFails = false;
  run(seconds(2));
  EXPECT_EQ(admission_.order.size(), 5U);
  EXPECT_THAT(table_.rows, IsEmpty());
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  EXPECT_EQ(lastNote().error, "");
  EXPECT_EQ(lastNote().admitted, 5U) << "it counts removed rows, and these were not counted before";
}

TEST_F(Outboxes, NothingIsRemovedThatWasNotAdmitted) {
  table_.write(1, 5);
  admission_.away = true;
  run(seconds(20));
  EXPECT_EQ(table_.rows.size(), 5U);
  EXPECT_EQ(table_.commits, 0);
  EXPECT_FALSE(table_.locked) << "others may take the rows";
  EXPECT_THAT(alerts_.sentences.front(), HasSubstr("their rows stay: It is away."));
  admission_.away = false;
  run(seconds(31));
  EXPECT_THAT(table_.rows, IsEmpty());
}

TEST_F(Outboxes, ADatabaseThatIsAwayIsAskedEverMoreSeldomAndFoundAgain) {
  table_.away = true;
  run(seconds(300));
  EXPECT_LT(table_.takes, 30);
  EXPECT_EQ(alerts_.sentences.size(), static_cast<std::size_t>(table_.takes));
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_EQ(lastNote().error, "It is away.");
  EXPECT_FALSE(lastNote().empty) << "nobody knows";
  table_.away = false;
  table_.write(1, 3);
  run(seconds(31));
  EXPECT_THAT(table_.rows, IsEmpty());
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  table_.away = true;
  const auto before = table_.takes;
  while (table_.takes == before) run(milliseconds(10));
  run(seconds(2));
  EXPECT_GT(table_.takes, before + 1) << "the pauses begin anew";
}

TEST_F(Outboxes, ARowThatIsNoEventIsSetAsideAndStopsNothing) {
  table_.write(1, 25);
  table_.rows[3] = table_.rows[14] = "Invented";
  run(milliseconds(100));
  EXPECT_EQ(admission_.order.size(), 23U);
  EXPECT_EQ(table_.aside[3], "type: It is unknown.");
  EXPECT_THAT(table_.rows, ::testing::SizeIs(2));
  ASSERT_EQ(alerts_.sentences.size(), 2U);
  EXPECT_THAT(alerts_.sentences[0], HasSubstr("Row 3 is no event, and was set aside: type: It is unknown."));
  EXPECT_THAT(lastNote().error, HasSubstr("Row 14")) << "the run did not fail, but a person should look at it";
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  std::uint64_t setAside = 0;
  for (const auto& note : store_.notes) setAside += note.setAside;
  EXPECT_EQ(setAside, 2U);
  run(seconds(61));
  EXPECT_EQ(lastNote().error, "");
  EXPECT_EQ(alerts_.sentences.size(), 2U) << "it is not read again";
}

TEST_F(Outboxes, ARowWithAValueThatCannotBeReadIsSetAsideToo) {
  table_.write(1, 3);
  table_.faults[2] = "The column data cannot be read.";
  run(milliseconds(100));
  EXPECT_THAT(admission_.order, ElementsAre("1", "3"));
  EXPECT_EQ(table_.aside[2], "The column data cannot be read.");
  EXPECT_THAT(lastNote().error, HasSubstr("Row 2 is no event, and was set aside: The column data cannot be read."));
}

TEST_F(Outboxes, ItSaysSinceWhenTheOldestRowWaits) {
  table_.write(1, 15);
  hold();
  loop_.turn();
  EXPECT_EQ(lastNote().oldest, parseRfc3339("2026-11-28T12:00:00.500Z"));
  EXPECT_FALSE(lastNote().empty);
  EXPECT_EQ(lastNote().state, SourceState::Running);
}

TEST_F(Outboxes, AStopLeavesWhatIsReadAndFinishesWhatIsAdmitted) {
  table_.write(1, 15);
  admission_.whileAdmitting = [this] { loop_.stop(); };
  hold();
  loop_.turn();
  EXPECT_EQ(table_.rows.size(), 5U) << "the batch was admitted, and is removed";
  EXPECT_EQ(table_.cancels, 0);
  hold();
  loop_.turn();
  EXPECT_EQ(table_.rows.size(), 5U);
  EXPECT_EQ(table_.takes, 1);
}

TEST_F(Outboxes, AStopCancelsAStatementThatOnlyReads) {
  table_.write(1, 5);
  table_.whileTaking = [this] {
    loop_.stop();
    table_.brokenNow = true;
  };
  hold();
  loop_.turn();
  EXPECT_EQ(table_.cancels, 1);
  EXPECT_THAT(admission_.order, IsEmpty());
  EXPECT_THAT(alerts_.sentences, IsEmpty()) << "that was the stop";
  EXPECT_FALSE(table_.locked);
  loop_.run();  // returns
}

class SourceLoops : public Outboxes {
 protected:
  SourceLoop holder_{store_, {&loop_}, [this] { return now_; }};
};

TEST_F(SourceLoops, GiveTheLoopTheLeaseForAsLongAsTheStoreDoes) {
  table_.write(1, 1);
  holder_.turn();
  now_ += milliseconds(1999);
  loop_.turn();
  EXPECT_EQ(table_.takes, 1);
  store_.turn.ours = false;
  holder_.turn();
  now_ += std::chrono::hours(1);
  loop_.turn();
  EXPECT_EQ(table_.takes, 1) << "another process works for it";
}

TEST_F(SourceLoops, TakeTheLeaseAwayAtOnceWhenAnotherProcessHasIt) {
  holder_.turn();
  store_.turn.ours = false;
  holder_.turn();
  loop_.turn();
  EXPECT_EQ(table_.takes, 0);
}

TEST_F(SourceLoops, AStoreThatIsAwayLetsTheLeaseEnd) {
  holder_.turn();
  store_.away = true;
  now_ += seconds(3);
  holder_.turn();
  loop_.turn();
  EXPECT_EQ(table_.takes, 0);
}

TEST_F(SourceLoops, ALoopThatHangsLosesItsLease) {
  table_.whileTaking = [this] {
    now_ += std::chrono::minutes(2);
    holder_.turn();
    EXPECT_THAT(store_.asked, ElementsAre("crm")) << "it may take a while";
    now_ += std::chrono::minutes(2);
    holder_.turn();
    EXPECT_THAT(store_.asked, IsEmpty());
  };
  hold();
  loop_.turn();
  EXPECT_EQ(table_.takes, 1);
}

TEST_F(SourceLoops, ALoopThatHangsIsAnAlertOnceEachTime) {
  const auto hang = [this] {
    for (int i = 0; i < 5; ++i) {
      now_ += std::chrono::minutes(1);
      holder_.turn();
    }
  };
  table_.whileTaking = hang;
  hold();
  loop_.turn();
  EXPECT_THAT(alerts_.sentences, ElementsAre(HasSubstr("has not ended for 3 minutes")));
  const auto failing = [](const ports::SourceNote& note) {
    return note.state == SourceState::Failing && note.failures == 1 && note.ended && !note.error.empty();
  };
  EXPECT_EQ(std::ranges::count_if(store_.notes, failing), 1);
  hold();
  loop_.turn();
  EXPECT_THAT(alerts_.sentences, ::testing::SizeIs(2)) << "the next time, too";
}

TEST_F(SourceLoops, AtTheEndGiveTheLeaseUp) {
  holder_.stop();
  holder_.run();
  EXPECT_THAT(store_.released, ElementsAre("crm"));
}

}  // namespace
}  // namespace lull::sources
