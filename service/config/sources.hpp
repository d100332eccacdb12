#pragma once

#include "layer.hpp"

#include <lull/config/load.hpp>

#include <string>
#include <vector>

namespace lull::config {

/// What the command line says: settings, and the three switches that steer where the others come from.
struct CommandLine {
  Layer layer;
  std::string contentRoot;
  std::string keyPerFileDirectory;
  std::string environment;
};

/// Reads `--Key=value`, `--Key value`, `/Key=value` and `Key=value`, as .NET does. A word that is none of these, and a
/// key without a value, are problems.
CommandLine readCommandLine(const std::vector<std::string>& arguments, Findings& findings);

struct Sources {
  std::string environmentName;
  std::vector<Layer> layers;  ///< lowest first
};

/// Reads all layers that `load` documents. Blocks on small files.
Sources readSources(const LoadInput& input, Findings& findings);

}  // namespace lull::config
