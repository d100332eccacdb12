#include "../../../service/app/settings_mapping.hpp"

#include <gtest/gtest.h>

namespace lull::app {
namespace {

Millis slackOf(Millis interval) {
  config::Settings settings;
  settings.debouncing.interval = interval;
  return windowTimes(settings).slack;
}

TEST(SettingsMapping, AWindowFiresLateByAtMostAFiftiethOfTheIntervalAndTwentyMilliseconds) {
  EXPECT_EQ(slackOf(Millis{0}), Millis{0});
  EXPECT_EQ(slackOf(Millis{40}), Millis{0});
  EXPECT_EQ(slackOf(Millis{500}), Millis{10});
  EXPECT_EQ(slackOf(Millis{1000}), Millis{20});
  EXPECT_EQ(slackOf(std::chrono::hours(1)), Millis{20});
}

}  // namespace
}  // namespace lull::app
