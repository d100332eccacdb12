#include "handlers.hpp"
#include "query.hpp"

namespace lull::api {

namespace {

http::Json alertJson(const ports::Alert& alert) {
  return {{"at", formatRfc3339(alert.at)},
          {"kind", toString(alert.kind)},
          {"subject", alert.subject},
          {"sentence", alert.sentence},
          {"count", alert.count}};
}

}  // namespace

Result<http::Response> listAlerts(const Call& call) {
  InputErrors errors;
  const Query query(call.head.query, call.allowedQuery, errors);
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();

  const auto page = call.services.ports.alerts.list(request);
  if (!page) return page.error();
  auto items = http::Json::array();
  for (const auto& alert : page->items) items.push_back(alertJson(alert));
  return http::jsonResponse(200, {{"items", std::move(items)}, {"nextCursor", nextCursor(page->nextCursor)}});
}

}  // namespace lull::api
