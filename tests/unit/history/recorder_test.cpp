#include <lull/history/recorder.hpp>

#include <gtest/gtest.h>

#include <set>

namespace lull::history {
namespace {

TEST(Recorder, GivesEachNoteOnce) {
  Recorder recorder;
  recorder.attempted("a", false);
  recorder.attempted("a", true);
  recorder.attempted("b", true);
  recorder.deliveredAfter(Millis{0});
  recorder.deliveredAfter(Millis{1024});
  const auto taken = recorder.take(10);
  EXPECT_EQ(taken.lags, (ports::LagCounts{{0, 1}, {41, 1}}));
  EXPECT_EQ(taken.endpoints.at("a").attempts, 2U);
  EXPECT_EQ(taken.endpoints.at("a").failures, 1U);
  EXPECT_EQ(taken.endpoints.at("b").failures, 1U);
  EXPECT_TRUE(recorder.take(10).empty());
}

TEST(Recorder, AddsWhatCouldNotBeWrittenToWhatCameMeanwhile) {
  Recorder recorder;
  recorder.attempted("a", true);
  recorder.deliveredAfter(Millis{0});
  const auto taken = recorder.take(10);
  recorder.attempted("a", false);
  recorder.putBack(taken);
  const auto again = recorder.take(10);
  EXPECT_EQ(again.endpoints.at("a").attempts, 2U);
  EXPECT_EQ(again.endpoints.at("a").failures, 1U);
  EXPECT_EQ(again.lags, taken.lags);
}

TEST(Recorder, GivesEveryEndpointItsTurnWhileAllStayBusy) {
  Recorder recorder;
  std::set<EndpointId> seen;
  for (int turn = 0; turn < 10; ++turn) {
    for (int i = 0; i < 50; ++i) recorder.attempted("e" + std::to_string(i), false);
    const auto taken = recorder.take(10);
    EXPECT_EQ(taken.endpoints.size(), 10U);
    for (const auto& [id, counts] : taken.endpoints) seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 50U);
}

}  // namespace
}  // namespace lull::history
