#include <lull/runtime/log.hpp>
#include <lull/runtime/log_writer.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

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
  EXPECT_TRUE(logEnabled(LogLevel::Debug, "Lull.Delivery.Wire"));
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

/// Both ends of a pipe that is full until it is read.
struct FullPipe {
  FullPipe() {
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const int flags = ::fcntl(ends[1], F_GETFL);
    ::fcntl(ends[1], F_SETFL, flags | O_NONBLOCK);
    for (const std::string page(4096, 'x'); ::write(ends[1], page.data(), page.size()) > 0; filled += page.size()) {
    }
    ::fcntl(ends[1], F_SETFL, flags);
  }
  ~FullPipe() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  std::string read(std::size_t most) const {
    std::string text(most, '\0');
    const auto count = ::read(ends[0], text.data(), most);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  int ends[2] = {-1, -1};
  std::size_t filled = 0;
};

TEST(LogWriter, WaitsForNobodyAndTellsHowManyLinesWereLost) {
  configureLogging({});
  FullPipe pipe;
  const auto lostBefore = droppedLogLines();
  constexpr std::size_t kLines = 6000;  // a kilobyte each: more than the queue takes
  std::string text;
  {
    const LogWriter writer(pipe.ends[1]);
    const std::string value(1000, 'v');
    for (std::size_t i = 0; i < kLines; ++i) log(LogLevel::Warning, "Lull.Test", "said", {{"value", value}});
    EXPECT_GT(droppedLogLines() - lostBefore, 1000U);
    std::thread reader([&] {
      for (std::string part = pipe.read(65536); !part.empty(); part = pipe.read(65536)) text += part;
    });
    // It flows again: all that was kept comes, in order, and then the line.
    while (droppedLogLines() == lostBefore) std::this_thread::yield();
    flushLogs(std::chrono::seconds(20));
    log(LogLevel::Warning, "Lull.Test", "after");
    flushLogs(std::chrono::seconds(20));
    ::close(std::exchange(pipe.ends[1], -1));
    reader.join();
  }
  const auto lost = droppedLogLines() - lostBefore;
  text.erase(0, pipe.filled);
  std::istringstream lines(text);
  std::uint64_t said = 0;
  std::uint64_t told = 0;
  std::string last;
  for (std::string line; std::getline(lines, line); last = line) {
    const auto json = nlohmann::json::parse(line);
    if (json.at("message") == "said") ++said;
    if (json.at("category") == "Lull.Logging") told += json.at("lines").get<std::uint64_t>();
  }
  EXPECT_EQ(said + lost, kLines);
  EXPECT_EQ(told, lost);
  EXPECT_EQ(nlohmann::json::parse(last).at("message"), "after");
}

TEST(LogWriter, EndsWhileNobodyReads) {
  configureLogging({});
  const FullPipe pipe;
  const auto began = std::chrono::steady_clock::now();
  {
    const LogWriter writer(pipe.ends[1]);
    for (int i = 0; i < 3000; ++i) log(LogLevel::Warning, "Lull.Test", "said", {{"value", std::string(1000, 'v')}});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(Log, TheConsoleFormIsForPeople) {
  LogSettings settings;
  settings.format = LogFormat::Console;
  const auto text = captured(settings, [] { log(LogLevel::Information, "Lull.Test", "said", {{"n", 7}}); });
  EXPECT_NE(text.find(" Information Lull.Test: said n=7\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace lull::runtime
