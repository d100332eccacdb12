#pragma once

#include <string>
#include <vector>

namespace lull::app {

/// Runs `lull <command> …` and returns the exit code. `arguments` come without the program's name.
int runCommandLine(const std::vector<std::string>& arguments);

}  // namespace lull::app
