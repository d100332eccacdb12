#pragma once

#include <lull/auth/authenticator.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lull::auth {

/// The configured API keys, known by their SHA-256 only. Constant after construction.
class ApiKeys {
 public:
  explicit ApiKeys(const std::vector<ApiKey>& keys);

  /// Whose key it is; nullptr when it is nobody's. The time that it takes does not tell which one was nearest.
  const Principal* find(std::string_view key) const;

 private:
  struct Known {
    std::string digest;
    Principal principal;
  };
  std::vector<Known> keys_;
};

}  // namespace lull::auth
