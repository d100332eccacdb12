#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

struct EventsHandlers {
  ports::Admission& admission;
  synchronous::Calls& calls;
  const Catalogue& catalogue;

  Result<http::Response> publish(Call& call) const;
};

}  // namespace lull::api
