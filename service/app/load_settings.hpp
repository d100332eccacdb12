#pragma once

#include <lull/config/load.hpp>

#include <string>
#include <vector>

namespace lull::app {

/// The settings of this process: its environment and working directory, and these command-line arguments.
config::LoadOutcome loadSettings(const std::vector<std::string>& arguments);

}  // namespace lull::app
