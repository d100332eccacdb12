#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

/// Dead letters by what an operator would mend together.
struct GroupsHandlers {
  ports::LetterGroups& groups;
  ports::DeadLetters& letters;  ///< knows the names of deleted endpoints
  const Catalogue& catalogue;

  Result<http::Response> list(Call& call) const;
};

}  // namespace lull::api
