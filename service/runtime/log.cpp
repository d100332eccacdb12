#include <lull/runtime/log.hpp>

#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>

namespace lull::runtime {

namespace {

using Json = nlohmann::ordered_json;

std::shared_ptr<spdlog::logger> makeLogger() {
  auto logger = std::make_shared<spdlog::logger>("lull", std::make_shared<spdlog::sinks::stdout_sink_mt>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

struct Logging {
  std::shared_ptr<spdlog::logger> logger = makeLogger();
  std::atomic<std::shared_ptr<const LogSettings>> settings{std::make_shared<const LogSettings>()};
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
  return std::string(text, length) + fmt::format(".{:03}Z", now.time_since_epoch().count() % 1000);
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
  const bool console = logging().settings.load()->format == LogFormat::Console;
  const std::string line =
      console ? consoleLine(level, category, message, fields) : jsonLine(level, category, message, fields);
  logging().logger->log(spdlog::level::info, spdlog::string_view_t(line));
}

void flushLogs() {
  logging().logger->flush();
}

}  // namespace lull::runtime
