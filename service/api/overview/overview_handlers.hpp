#pragma once

#include "call.hpp"
#include "overview/kept_reading.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

/// As /alerts and /stats show them.
http::Json alertJson(const ports::Alert& alert);
http::Json ratesJson(const ports::Rates& rates);

struct CatalogueHandlers {
  const Catalogue& catalogue;

  Result<http::Response> list(Call& call) const;
};

/// Who the caller is, for a client that shows or hides what its role allows.
struct MeHandlers {
  Result<http::Response> get(Call& call) const;
};

struct FormatsHandlers {
  const formats::Formats& formats;

  Result<http::Response> list(Call& call) const;
};

/// What the service was started with, as `lull print-config` shows it.
struct SettingsHandlers {
  const std::vector<ShownSetting>& shown;

  Result<http::Response> list(Call& call) const;
};

struct AlertsHandlers {
  ports::AlertView& alerts;

  Result<http::Response> list(Call& call) const;
};

struct StatsHandlers {
  ports::Stats& stats;
  ports::EndpointStore& endpoints;
  ports::Sources& sources;
  const ports::Brokers& brokers;
  ports::Clock& clock;
  const lull::mailboxes::Polls& polls;
  KeptReading<http::Response> kept{};  ///< one reading for all callers who see everything

  Result<http::Response> get(Call& call);

 private:
  Result<http::Response> ofAll() const;
  Result<http::Response> ofOwner(const std::string& owner) const;
};

}  // namespace lull::api
