#pragma once

#include "endpoints/representations.hpp"

#include <lull/ports/dead_letters.hpp>

#include <functional>
#include <map>
#include <utility>

namespace lull::api {

/// The names of the endpoints of a list, all looked up at once. A deleted endpoint without a kept name has none: null.
class EndpointNames {
 public:
  /// `idOf` gives the id of the endpoint of an item, or an empty one.
  template <class Items, class IdOf>
  static Result<EndpointNames> of(ports::DeadLetters& letters, const Items& items, IdOf idOf) {
    EndpointIds ids;
    for (const auto& item : items) {
      if (const auto& id = std::invoke(idOf, item); !id.empty()) ids.insert(id);
    }
    auto names = letters.endpointNames(ids);
    if (!names) return std::move(names).error();
    return EndpointNames(*std::move(names));
  }

  http::Json nameOf(const EndpointId& id) const {
    const auto known = names_.find(id);
    return known == names_.end() ? http::Json() : textOrNull(known->second);
  }

 private:
  explicit EndpointNames(std::map<EndpointId, std::string> names) : names_(std::move(names)) {}

  std::map<EndpointId, std::string> names_;
};

}  // namespace lull::api
