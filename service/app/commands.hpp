#pragma once

#include <string>
#include <vector>

namespace lull::app {

/// Each command takes what follows its name and returns the exit code: 0, 1 (it failed), 2 (wrong usage or settings).
int serve(const std::vector<std::string>& arguments);
int printConfig(const std::vector<std::string>& arguments);
int hashKey(const std::vector<std::string>& arguments);
int listen(const std::vector<std::string>& arguments);

}  // namespace lull::app
