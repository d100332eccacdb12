#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>

#include <string>

namespace lull::api {

/// Bulk calls that go on in the background.
struct JobsHandlers {
  ports::Jobs& jobs;
  std::string pathBase;

  Result<http::Response> create(Call& call) const;
  Result<http::Response> list(Call& call) const;
  Result<http::Response> get(Call& call) const;
  Result<http::Response> cancel(Call& call) const;
};

}  // namespace lull::api
