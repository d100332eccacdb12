#pragma once

#include "endpoints/representations.hpp"

#include <lull/ports/dead_letters.hpp>

#include <map>

namespace lull::api {

/// The names of the endpoints of dead letters, each looked up once. A deleted endpoint without a kept name has none.
class EndpointNames {
 public:
  explicit EndpointNames(ports::DeadLetters& letters) : letters_(letters) {}

  Result<http::Json> nameOf(const EndpointId& id) {
    const auto known = names_.find(id);
    if (known != names_.end()) return known->second;
    const auto name = letters_.endpointName(id);
    if (!name) return name.error();
    return names_[id] = textOrNull(*name);
  }

 private:
  ports::DeadLetters& letters_;
  std::map<EndpointId, http::Json> names_;
};

}  // namespace lull::api
