#include "commands.hpp"
#include "settings_mapping.hpp"

#include <lull/app/command_line.hpp>

#include <cstdio>

namespace lull::app {

namespace {

constexpr const char* kHelp = R"(Usage: lull [command] [options]

  serve          start the service (the default)
  print-config   check the settings like serve does, print each key's winning value and where it came from
  hash-key       print the SHA-256 of an API key, for Authentication:ApiKeys:{i}:Sha256
  listen         a receiver that prints each POST and verifies its signature (lull listen --help)

Settings: appsettings.json, appsettings.{Environment}.json, environment variables Section__Key,
command line --Section:Key=value; --contentRoot=<folder of the files>, --KeyPerFileDirectory=<mounted secrets>.
)";

}  // namespace

int runCommandLine(const std::vector<std::string>& arguments) {
  const auto first = arguments.empty() ? std::string{} : arguments.front();
  if (first == "--help" || first == "-h" || first == "help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (first == "--version" || first == "version") {
    std::printf("lull %s\n", version().c_str());
    return 0;
  }
  // What begins with a dash or a slash is a setting of the default command.
  if (first.empty() || first.front() == '-' || first.front() == '/') return serve(arguments);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (first == "serve") return serve(rest);
  if (first == "print-config") return printConfig(rest);
  if (first == "hash-key") return hashKey(rest);
  if (first == "listen") return listen(rest);
  std::fprintf(stderr, "lull: there is no command '%s'.\n\n%s", first.c_str(), kHelp);
  return 2;
}

}  // namespace lull::app
