#include <lull/runtime/log.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lull::runtime {
namespace {

/// What the lines of `write` look like on standard output.
template <class Write>
std::string captured(const LogSettings& settings, Write write) {
  configureLogging(settings);
  ::testing::internal::CaptureStdout();
  write();
  flushLogs();
  auto text = ::testing::internal::GetCapturedStdout();
  const LogSettings standard;
  configureLogging(standard);
  return text;
}

TEST(Log, WritesOneJsonObjectPerLineWhateverAValueHolds) {
  const LogSettings standard;
  const auto text = captured(standard, [] {
    log(LogLevel::Warning, "Lull.Test", "said",
        {{"quote", "a\"b\nc\\"}, {"bad", std::string("\xff\xfe")}, {"n", 7}, {"yes", true}});
  });
  ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto line = nlohmann::json::parse(text);
  EXPECT_EQ(line.at("level"), "Warning");
  EXPECT_EQ(line.at("category"), "Lull.Test");
  EXPECT_EQ(line.at("message"), "said");
  EXPECT_EQ(line.at("quote"), "a\"b\nc\\");
  EXPECT_EQ(line.at("n"), 7);
  EXPECT_EQ(line.at("yes"), true);
}

TEST(Log, TheLongestMatchingCategoryDecides) {
  LogSettings settings;
  settings.levels = {{"Default", LogLevel::Warning}, {"Lull", LogLevel::Error}, {"Lull.Delivery", LogLevel::Debug}};
  configureLogging(settings);
  EXPECT_TRUE(logEnabled(LogLevel::Debug, "Lull.Delivery"));
  EXPECT_TRUE(logEnabled(LogLevel::Debug, "Lull.Delivery.Curl"));
  EXPECT_FALSE(logEnabled(LogLevel::Warning, "Lull.Redis"));
  EXPECT_TRUE(logEnabled(LogLevel::Warning, "Other"));
  EXPECT_FALSE(logEnabled(LogLevel::Information, "Other"));
  EXPECT_TRUE(logEnabled(LogLevel::Warning, "Lullaby")) << "a category is a path, not a prefix";
  const LogSettings standard;
  configureLogging(standard);
}

TEST(Log, ALevelThatIsOffWritesNothing) {
  LogSettings settings;
  settings.levels = {{"Default", LogLevel::None}};
  EXPECT_EQ(captured(settings, [] { log(LogLevel::Critical, "Lull", "x"); }), "");
}

TEST(Log, TheConsoleFormIsForPeople) {
  LogSettings settings;
  settings.format = LogFormat::Console;
  const auto text = captured(settings, [] { log(LogLevel::Information, "Lull.Test", "said", {{"n", 7}}); });
  EXPECT_NE(text.find(" Information Lull.Test: said n=7\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace lull::runtime
