#include "load_settings.hpp"

#include "commands.hpp"

#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace lull::app {

namespace {

std::map<std::string, std::string> environmentVariables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

config::LoadOutcome loadSettings(const std::vector<std::string>& arguments) {
  return config::load({arguments, environmentVariables(), std::filesystem::current_path()});
}

int printConfig(const std::vector<std::string>& arguments) {
  const auto loaded = loadSettings(arguments);
  if (!loaded) {
    std::fprintf(stderr, "lull: %s\n", loaded.error().message.c_str());
    return 2;
  }
  for (const auto& warning : loaded->warnings) std::fprintf(stderr, "Warning: %s\n", warning.c_str());
  std::fputs(config::renderConfig(*loaded).c_str(), stdout);
  return 0;
}

}  // namespace lull::app
