#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

#include <string>

namespace lull::api {

/// Telling an endpoint once more of everything that changed since a moment. It is a job like others.
struct ReplayHandlers {
  ports::Jobs& jobs;
  ports::EndpointStore& endpoints;
  const formats::Formats& formats;
  const Catalogue& catalogue;
  std::string pathBase;

  Result<http::Response> start(Call& call) const;
};

}  // namespace lull::api
