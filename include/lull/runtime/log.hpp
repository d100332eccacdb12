#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace lull::runtime {

enum class LogLevel { Trace, Debug, Information, Warning, Error, Critical, None };
enum class LogFormat { Json, Console };

/// One fact of a log line. Values are written as JSON; nothing that came from a stranger can break the line.
struct LogField {
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool> value;

  LogField(std::string_view field, std::string text) : name(field), value(std::move(text)) {}
  LogField(std::string_view field, std::string_view text) : name(field), value(std::string(text)) {}
  LogField(std::string_view field, const char* text) : name(field), value(std::string(text)) {}
  LogField(std::string_view field, bool flag) : name(field), value(flag) {}
  LogField(std::string_view field, double number) : name(field), value(number) {}
  template <class Integer>
  requires std::is_integral_v<Integer> LogField(std::string_view field, Integer number)
      : name(field), value(static_cast<std::int64_t>(number)) {}
};
using LogFields = std::initializer_list<LogField>;

struct LogSettings {
  LogFormat format = LogFormat::Json;
  /// Category prefix → least level, as in .NET; "Default" for the rest. "Lull.Delivery" is matched by "Lull" too.
  std::map<std::string, LogLevel> levels{{"Default", LogLevel::Information}};
};

/// Sets which lines are logged. Call it before threads start; a later call is safe, but lines written meanwhile may
/// follow the old settings or the new.
void configureLogging(const LogSettings& settings);

/// True when a line of that level would be written: ask before gathering expensive facts.
bool logEnabled(LogLevel level, std::string_view category);

/// Writes one line to standard output: `{"ts","level","category","message",…fields}`. Thread-safe. The message is a
/// constant text; what varies goes into fields. Secrets and header values never do. While there is a LogWriter it never
/// blocks.
void log(LogLevel level, std::string_view category, std::string_view message, LogFields fields = {});

/// Waits until all lines are written, for at most `patience`.
void flushLogs(std::chrono::milliseconds patience = std::chrono::milliseconds(250));

/// How many lines were dropped since the process began: see LogWriter.
std::uint64_t droppedLogLines();

}  // namespace lull::runtime
