#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

struct QueueHandlers {
  ports::QueueView& queue;

  Result<http::Response> listAttempts(Call& call) const;
  Result<http::Response> list(Call& call) const;
  Result<http::Response> retry(Call& call) const;
  Result<http::Response> purge(Call& call) const;
};

}  // namespace lull::api
