#pragma once

#include <string>
#include <vector>

namespace lull::config {

/// What people may know about one key of appsettings. All texts are ready to show.
struct KeyInfo {
  std::string key;  ///< "Authentication:ApiKeys:{i}:Name"
  std::string type;
  std::string allowed;
  std::string defaultText;  ///< empty: see `defaultNote`
  std::string defaultNote;
  bool isList = false;
  bool isSecret = false;  ///< a secret in itself: never shown, or shown without its secret part
  std::string help;
};

/// The whole key table, in the order in which it is documented.
std::vector<KeyInfo> keyInfos();

/// The table as Markdown: what docs/configuration.md holds between its markers.
std::string markdownTable();

}  // namespace lull::config
