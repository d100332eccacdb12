#pragma once

#include "call.hpp"
#include "query.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

/// The word that `outcome` names, one of kOutcomeWords; anything else is noted.
std::optional<std::string> outcomeFilter(const Query& query, InputErrors& errors);

struct QueueHandlers {
  ports::QueueView& queue;

  Result<http::Response> listAttempts(Call& call) const;
  Result<http::Response> list(Call& call) const;
  Result<http::Response> retry(Call& call) const;
  Result<http::Response> purge(Call& call) const;
};

}  // namespace lull::api
