#pragma once

#include <lull/config/settings.hpp>
#include <lull/domain/result.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lull::config {

/// Everything the outcome depends on, besides the files it names. Nothing is read from the process itself.
struct LoadInput {
  std::vector<std::string> arguments;  ///< what follows the program's name and the sub-command
  std::map<std::string, std::string> environment;
  std::filesystem::path workingDirectory;
};

/// One line of `print-config`. `value` is ready to show: secrets are already replaced by ***.
struct ConfigLine {
  std::string key;
  std::string value;
  std::string source;  ///< "default", "/etc/lull/appsettings.json:12", "environment variable Redis__Mode", …
};

struct LoadedSettings {
  Settings settings;
  std::vector<std::string> warnings;  ///< one line each, beginning with the full key; the caller adds the level
  std::vector<ConfigLine> lines;      ///< in the order of the key table
};

/// On failure `Error::message` is ONE text that lists every problem (several lines); it holds no secret.
using LoadOutcome = Result<LoadedSettings>;

/// Reads the layers, lowest first: appsettings.json, appsettings.{Environment}.json, the key-per-file directory,
/// environment variables, command line. Thread-safe (no shared state); blocks on small files.
LoadOutcome load(const LoadInput& input);

/// What `lull print-config` prints: one line per key, `Key = value  (source)`.
std::string renderConfig(const LoadedSettings& loaded);

}  // namespace lull::config
