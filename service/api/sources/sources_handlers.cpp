#include "sources/sources_handlers.hpp"

#include "endpoints/representations.hpp"

#include <lull/domain/time.hpp>

#include <algorithm>

namespace lull::api {

namespace {

http::Json waitJson(const std::optional<Millis>& lag) {
  return lag ? http::Json(formatTimeSpan(*lag)) : http::Json(nullptr);
}

}  // namespace

http::Json sourceJson(const ports::SourceStatus& source) {
  return {{"name", source.name},
          {"type", source.type},
          {"state", toString(source.state)},
          {"lastRunAt", instantJson(source.lastRunAt)},
          {"lastError", textOrNull(source.lastError)},
          {"admitted", source.admitted},
          {"lag", waitJson(source.lag)}};
}

http::Json sourceStatsJson(const std::vector<ports::SourceStatus>& sources) {
  auto items = http::Json::array();
  for (const auto& source : sources) {
    items.push_back({{"name", source.name},
                     {"state", toString(source.state)},
                     {"admitted", source.admitted},
                     {"failures", source.failures},
                     {"setAside", source.setAside},
                     {"lag", waitJson(source.lag)}});
  }
  return items;
}

Result<http::Response> SourcesHandlers::list(Call&) const {
  const auto all = sources.list();
  if (!all) return all.error();
  auto items = http::Json::array();
  for (const auto& source : *all) items.push_back(sourceJson(source));
  return http::jsonResponse(200, {{"items", std::move(items)}});
}

Result<http::Response> SourcesHandlers::run(Call& call) const {
  if (auto asked = sources.run(call.id); !asked) return asked.error();
  const auto all = sources.list();
  if (!all) return all.error();
  const auto source = std::ranges::find(*all, call.id, &ports::SourceStatus::name);
  if (source == all->end()) return ports::noSuchSource();
  return http::jsonResponse(202, sourceJson(*source));
}

}  // namespace lull::api
