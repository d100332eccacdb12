#pragma once

#include "bind.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace lull::config {

/// What the checks across keys share: reports name the key with its value and source.
class Checks {
 public:
  Checks(Bound& bound, Findings& findings) : bound_(bound), findings_(findings) {}

  Bound& bound() { return bound_; }

  /// True when none of the keys has a problem by itself.
  bool valid(std::initializer_list<std::string_view> keys) const;

  /// True when the key is given and has no problem; reports a key that is missing.
  bool present(const std::string& key);

  void problem(const std::string& key, const std::string& what);
  void warning(const std::string& key, const std::string& what);

 private:
  std::string described(const std::string& key, const std::string& what);

  Bound& bound_;
  Findings& findings_;
};

}  // namespace lull::config
