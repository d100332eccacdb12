#include "log_queue.hpp"

#include <lull/runtime/log.hpp>
#include <lull/runtime/log_writer.hpp>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>

namespace lull::runtime {

namespace {

using Json = nlohmann::ordered_json;

struct Logging {
  std::atomic<std::shared_ptr<const LogSettings>> settings{std::make_shared<const LogSettings>()};
  std::atomic<std::shared_ptr<LogQueue>> queue;  // empty: lines are written at once
  std::atomic<std::uint64_t> dropped{0};
  std::mutex writing;  // keeps lines whole that are written at once
};

// The one logger of the process: standard output is one, too.
Logging& logging() {
  static Logging instance;
  return instance;
}

constexpr std::string_view kNames[] = {"Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"};

std::string_view nameOf(LogLevel level) {
  return kNames[static_cast<std::size_t>(level)];
}

LogLevel leastLevel(const LogSettings& settings, std::string_view category) {
  std::size_t longest = 0;
  LogLevel level = LogLevel::Information;
  for (const auto& [prefix, value] : settings.levels) {
    const bool isDefault = prefix == "Default";
    const bool matches =
        isDefault || category == prefix ||
        (category.starts_with(prefix) && category.size() > prefix.size() && category[prefix.size()] == '.');
    const std::size_t weight = isDefault ? 1 : prefix.size() + 1;
    if (matches && weight > longest) {
      longest = weight;
      level = value;
    }
  }
  return level;
}

std::string timestamp() {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(now.time_since_epoch().count() % 1000));
  return std::string(text, length) + fraction;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string consoleLine(LogLevel level, std::string_view category, std::string_view message, LogFields fields) {
  std::string line =
      timestamp() + " " + std::string(nameOf(level)) + " " + std::string(category) + ": " + std::string(message);
  for (const auto& field : fields) {
    line += " " + std::string(field.name) + "=" +
            std::visit([](const auto& value) { return dump(Json(value)); }, field.value);
  }
  return line;
}

std::string jsonLine(LogLevel level, std::string_view category, std::string_view message, LogFields fields) {
  Json line{{"ts", timestamp()}, {"level", nameOf(level)}, {"category", category}, {"message", message}};
  for (const auto& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.name)] = value; }, field.value);
  }
  return dump(line);
}

std::string lineOf(LogLevel level, std::string_view category, std::string_view message, LogFields fields) {
  const bool console = logging().settings.load()->format == LogFormat::Console;
  return (console ? consoleLine(level, category, message, fields) : jsonLine(level, category, message, fields)) + "\n";
}

std::string lossLine(std::uint64_t lines) {
  return lineOf(LogLevel::Warning, "Lull.Logging", "lines were lost here: nobody read standard output for some time",
                {{"lines", lines}});
}

void writeNow(std::string_view line) {
  const std::lock_guard guard(logging().writing);
  while (!line.empty()) {
    const auto count = ::write(STDOUT_FILENO, line.data(), line.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) line.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

void configureLogging(const LogSettings& settings) {
  logging().settings.store(std::make_shared<const LogSettings>(settings));
}

bool logEnabled(LogLevel level, std::string_view category) {
  const auto settings = logging().settings.load();
  return level != LogLevel::None && level >= leastLevel(*settings, category);
}

void log(LogLevel level, std::string_view category, std::string_view message, LogFields fields) {
  if (!logEnabled(level, category)) return;
  auto line = lineOf(level, category, message, fields);
  if (const auto queue = logging().queue.load())
    queue->push(std::move(line));
  else
    writeNow(line);
}

void flushLogs(std::chrono::milliseconds patience) {
  if (const auto queue = logging().queue.load()) queue->flush(Deadline::in(patience));
}

std::uint64_t droppedLogLines() {
  return logging().dropped;
}

LogWriter::LogWriter(int descriptor) : queue_(std::make_shared<LogQueue>(descriptor, &lossLine, logging().dropped)) {
  logging().queue.store(queue_);
}

LogWriter::~LogWriter() {
  constexpr std::chrono::milliseconds kPatience{250};
  logging().queue.store(nullptr);
  queue_->close(Deadline::in(kPatience));
}

}  // namespace lull::runtime
