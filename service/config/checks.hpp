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

  /// Reports `key` when another key has given the same `what` before. `owners` has who gave what.
  void once(auto& owners, const auto& what, const std::string& key) {
    const auto [owner, isNew] = owners.emplace(what, key);
    if (!isNew) problem(key, "is also in " + owner->second + "; allowed: each one once");
  }

  void problem(const std::string& key, const std::string& what);
  void warning(const std::string& key, const std::string& what);

 private:
  std::string described(const std::string& key, const std::string& what);

  Bound& bound_;
  Findings& findings_;
};

}  // namespace lull::config
