#pragma once

#include "call.hpp"

#include <lull/http/json.hpp>
#include <lull/http/response.hpp>
#include <lull/ports/sources.hpp>

#include <vector>

namespace lull::api {

/// A source as `GET /sources` shows it.
http::Json sourceJson(const ports::SourceStatus& source);
/// The part `sources` of `GET /stats`.
http::Json sourceStatsJson(const std::vector<ports::SourceStatus>& sources);

struct SourcesHandlers {
  ports::Sources& sources;

  Result<http::Response> list(Call& call) const;
  Result<http::Response> run(Call& call) const;
};

}  // namespace lull::api
