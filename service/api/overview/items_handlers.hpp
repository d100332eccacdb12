#pragma once

#include "call.hpp"
#include "ownership.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

/// The story of one item over all endpoints.
struct ItemsHandlers {
  ports::Items& items;
  ports::DeadLetters& letters;  ///< knows the names of deleted endpoints
  const Catalogue& catalogue;
  Ownership ownership;

  Result<http::Response> get(Call& call) const;
};

}  // namespace lull::api
