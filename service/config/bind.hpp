#pragma once

#include "layer.hpp"

#include <lull/config/load.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lull::config {

/// The settings after every key was read by itself; what depends on several keys is still to be checked and resolved.
struct Bound {
  Settings settings;
  std::vector<ConfigLine> lines;               ///< in the order of the key table
  std::set<std::string> given;                 ///< keys that some source sets to a value, lower case
  std::set<std::string> invalid;               ///< keys with a problem, lower case
  std::vector<std::string> apiKeyIndexes;      ///< the index in the settings of each of settings.authentication.apiKeys
  std::vector<std::string> changeTypeIndexes;  ///< and of settings.changeTypes
  std::vector<std::string> formatIndexes;      ///< and of settings.formats
  std::vector<std::string> brokerIndexes;      ///< and of settings.brokers
  std::vector<std::string> sourceIndexes;      ///< and of settings.sources
  /// The same for the events of each change type that are objects; they come before those that are names.
  std::vector<std::vector<std::string>> eventIndexes;

  /// The line of a key, or nullptr.
  ConfigLine* line(std::string_view key);
  bool isGiven(std::string_view key) const;
};

/// Reads the merged values by the key table, fills in the defaults, and reports bad values and unknown keys.
Bound bind(const std::map<std::string, RawValue>& merged, Findings& findings);

/// `Key = "value" (source): what`. `value` must be fit to show.
std::string describe(const std::string& key, const std::string& value, const std::string& source,
                     const std::string& what);

}  // namespace lull::config
