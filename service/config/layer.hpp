#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lull::config {

/// One setting as some source gives it, before anything is known about its type.
struct RawValue {
  std::string key;  ///< as written: "Delivery:Timeout"
  std::string text;
  std::string source;  ///< "/etc/lull/appsettings.json:12", "environment variable Delivery__Timeout", "command line"
};

/// What goes wrong on the way. A problem stops the start; every text is complete and holds no secret.
struct Findings {
  std::vector<std::string> problems;
  std::vector<std::string> warnings;
  bool sourceUnreadable = false;  ///< values are missing, so checks across keys would mislead
};

/// The settings of one source, flattened; keys are compared without case and the last one wins.
class Layer {
 public:
  void set(RawValue value);
  /// Forgets the key and everything below it.
  void erase(std::string_view key);
  const std::map<std::string, RawValue>& values() const { return values_; }

 private:
  std::map<std::string, RawValue> values_;  // by lower-case key
};

}  // namespace lull::config
