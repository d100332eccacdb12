#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

/// Tells of an event that is stored nowhere which endpoints would be told of it, and why the others would not.
struct ExplainHandler {
  ports::EndpointStore& endpoints;
  const Catalogue& catalogue;

  Result<http::Response> explain(Call& call) const;
};

}  // namespace lull::api
