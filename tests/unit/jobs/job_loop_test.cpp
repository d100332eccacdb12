#include <lull/jobs/job_loop.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

namespace lull::jobs {
namespace {

using ports::JobLetters;
using ports::JobState;
using ports::JobStep;
using ports::JobTask;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

/// Jobs whose letters are numbers, and what was done with them.
class FakeWork : public ports::JobWork {
 public:
  Result<std::vector<JobTask>> take() override {
    ++takes;
    if (away) return Error{ErrorCode::Unavailable, "away"};
    return tasks;
  }
  Result<JobLetters> read(const JobTask& task) override {
    if (away) return Error{ErrorCode::Unavailable, "away"};
    return parts.at(task.place);
  }
  Result<JobStep> move(const JobTask& task, const std::vector<ports::JobLetter>& letters) override {
    if (away) return Error{ErrorCode::Unavailable, "away"};
    if (!ours) return JobStep{false, 0, 0, 0, false};
    if (fails) return JobStep{true, 0, 0, letters.size(), true};
    ++moves;
    const auto taken = std::min(room, letters.size());
    room -= taken;
    for (std::size_t i = 0; i < taken; ++i) order.push_back(letters[i].death);
    if (taken < letters.size()) {
      moved[task.number] += taken;
      return JobStep{true, taken, 0, letters.size() - taken, false};
    }
    moved[task.number] += letters.size();
    mostAtOnce = std::max(mostAtOnce, letters.size());
    return JobStep{true, letters.size() - skippedPerCall, skippedPerCall, 0, false};
  }
  Result<JobStep> advance(const JobTask& task, const std::string& place, std::uint64_t skipped,
                          JobState state) override {
    if (away) return Error{ErrorCode::Unavailable, "away"};
    places.push_back(std::string(toString(state)) + " " + place + " " + std::to_string(skipped));
    if (state != JobState::Running) std::erase_if(tasks, [&](const auto& one) { return one.number == task.number; });
    return JobStep{ours, 0, skipped, 0, false};
  }

  void addPart(const std::string& place, std::size_t letters, const std::string& next, std::uint64_t skipped = 0) {
    JobLetters part;
    for (std::size_t i = 0; i < letters; ++i) part.letters.push_back({"ep_1", "1n" + std::to_string(i), i});
    part.next = next;
    part.last = next.empty();
    part.skipped = skipped;
    parts[place] = part;
  }

  std::vector<JobTask> tasks;
  std::map<std::string, JobLetters> parts;  // by place
  std::map<std::uint64_t, std::size_t> moved;
  std::vector<std::string> places;
  std::size_t mostAtOnce = 0;
  std::size_t skippedPerCall = 0;
  bool away = false;
  bool ours = true;
  int takes = 0;
  int moves = 0;
  std::size_t room = std::numeric_limits<std::size_t>::max();  // letters that there is room for
  std::vector<std::uint64_t> order;                            // in which they were moved
  bool fails = false;
};

class JobLoops : public ::testing::Test {
 protected:
  void start(std::uint64_t number, std::uint32_t rate = 0) {
    JobTask task;
    task.number = number;
    task.order.ratePerSecond = rate;
    work_.tasks.push_back(task);
    loop_.wake();
  }
  /// Turns, resting as the loop says, until `time` has passed.
  void run(milliseconds time) {
    const auto end = now_ + time;
    while (now_ < end) {
      const auto rest = loop_.turn();
      now_ += std::max(std::chrono::duration_cast<Ticks::duration>(rest), Ticks::duration(milliseconds(1)));
    }
  }

  Ticks now_{};
  FakeWork work_;
  JobLoop loop_{work_, [this] { return now_; }};
};

TEST_F(JobLoops, AJobIsWorkedThroughPartByPart) {
  work_.addPart("", 250, "p1", 3);
  work_.addPart("p1", 0, "p2", 2);
  work_.addPart("p2", 10, "");
  start(7);
  run(milliseconds(100));
  EXPECT_EQ(work_.moved[7], 260U);
  EXPECT_EQ(work_.mostAtOnce, 100U);
  EXPECT_THAT(work_.places, ElementsAre("running p1 3", "running p2 2", "done  0"));
}

TEST_F(JobLoops, WhatTheStoreLeavesAloneCountsAsSkipped) {
  work_.addPart("", 20, "", 1);
  work_.skippedPerCall = 2;
  start(7);
  run(milliseconds(10));
  EXPECT_THAT(work_.places, ElementsAre("done  3"));
}

TEST_F(JobLoops, LettersWithoutRoomWaitInTheirOrder) {
  work_.addPart("", 250, "");
  work_.room = 30;
  start(7);
  run(milliseconds(1000));
  EXPECT_EQ(work_.moved[7], 30U);
  EXPECT_TRUE(work_.places.empty()) << "it goes on";
  EXPECT_LT(work_.moves, 20) << "it asks ever more seldom";
  for (int i = 0; i < 30; ++i) {
    work_.room = 10;
    run(milliseconds(260));
  }
  EXPECT_EQ(work_.moved[7], 250U);
  EXPECT_TRUE(std::is_sorted(work_.order.begin(), work_.order.end()));
  EXPECT_EQ(work_.order.size(), 250U);
  EXPECT_THAT(work_.places, ElementsAre("done  0"));
}

TEST_F(JobLoops, RoomThatAppearsIsTakenWithinMilliseconds) {
  work_.addPart("", 1000, "");
  start(7);
  for (int i = 0; i < 100; ++i) {
    work_.room = 10;
    run(milliseconds(6));
  }
  EXPECT_EQ(work_.moved[7], 1000U);
}

TEST_F(JobLoops, AJobThatCannotGoOnFails) {
  work_.addPart("", 20, "");
  work_.fails = true;
  start(7);
  run(milliseconds(100));
  EXPECT_THAT(work_.places, ElementsAre("failed  0"));
}

TEST_F(JobLoops, ItKeepsThePaceOfEachJob) {
  work_.addPart("", 11'000, "");
  start(1, 2000);
  start(2, 100);
  run(milliseconds(5000));
  EXPECT_NEAR(static_cast<double>(work_.moved[1]), 10'000, 1'000);
  EXPECT_NEAR(static_cast<double>(work_.moved[2]), 500, 50);
}

TEST_F(JobLoops, PartsWithoutLettersAreNoReasonToRest) {
  for (int i = 0; i < 1000; ++i) work_.addPart(i == 0 ? "" : std::to_string(i), 0, std::to_string(i + 1));
  work_.addPart("1000", 1, "");
  start(1, 10'000);
  run(milliseconds(3000));
  EXPECT_EQ(work_.moved[1], 1U);
}

TEST_F(JobLoops, AJobThatIsNotOursAnyMoreIsLetGo) {
  work_.addPart("", 1000, "");
  start(7, 100);
  run(milliseconds(500));
  const auto before = work_.moved[7];
  EXPECT_GT(before, 0U);
  work_.ours = false;
  work_.tasks.clear();
  run(milliseconds(2500));
  EXPECT_EQ(work_.moved[7], before);
  EXPECT_THAT(work_.places, ::testing::IsEmpty());
}

TEST_F(JobLoops, ItGoesOnWhereItWasWhenTheStoreComesBack) {
  work_.addPart("", 150, "");
  work_.away = true;
  start(7);
  run(milliseconds(1500));
  EXPECT_EQ(work_.moved[7], 0U);
  work_.away = false;
  run(milliseconds(1500));
  EXPECT_EQ(work_.moved[7], 150U);
  EXPECT_THAT(work_.places, ElementsAre("done  0"));
}

TEST_F(JobLoops, ItLooksForJobsEverySecondAndWhenItIsWoken) {
  run(milliseconds(5000));
  EXPECT_NEAR(work_.takes, 5, 1);
  const auto before = work_.takes;
  loop_.wake();
  loop_.turn();
  EXPECT_EQ(work_.takes, before + 1);
}

}  // namespace
}  // namespace lull::jobs
