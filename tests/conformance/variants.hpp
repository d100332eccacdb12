#pragma once

#include "conformance/cases.hpp"

#include <utility>
#include <vector>

namespace lull::conformance {

/// The case over http with one endpoint, which stands in the table, and the same for two endpoints of one origin and
/// over https.
inline std::vector<Case> overHttpAndHttps(const Case& plain) {
  std::vector<Case> cases{plain};
  for (const bool https : {false, true}) {
    for (const int endpoints : {1, 2}) {
      if (!https && endpoints == 1) continue;
      Case variant = plain;
      variant.variant = true;
      variant.name += (https ? "Https" : "") + std::string(endpoints == 2 ? "TwoEndpoints" : "");
      variant.endpoints = endpoints;
      if (https) variant.certificate = Authority::Certificate{"IP:127.0.0.1"};
      cases.push_back(std::move(variant));
    }
  }
  return cases;
}

inline void append(std::vector<Case>& all, std::vector<Case> more) {
  for (auto& each : more) all.push_back(std::move(each));
}

}  // namespace lull::conformance
