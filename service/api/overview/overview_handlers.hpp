#pragma once

#include "call.hpp"
#include "overview/kept_reading.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

struct CatalogueHandlers {
  const Catalogue& catalogue;

  Result<http::Response> list(Call& call) const;
};

struct FormatsHandlers {
  const formats::Formats& formats;

  Result<http::Response> list(Call& call) const;
};

struct AlertsHandlers {
  ports::AlertView& alerts;

  Result<http::Response> list(Call& call) const;
};

struct StatsHandlers {
  ports::Stats& stats;
  ports::EndpointStore& endpoints;
  KeptReading<http::Response> kept{};  ///< one reading for all callers

  Result<http::Response> get(Call& call);
};

}  // namespace lull::api
