#include "overview/windows_handlers.hpp"

#include "endpoints/representations.hpp"
#include "object_reader.hpp"
#include "query.hpp"

#include <lull/http/json.hpp>

namespace lull::api {

http::Json windowJson(const Window& window) {
  return {{"changeType", window.key.changeType},
          {"itemId", itemIdJson(window.key.itemId)},
          {"events", window.events},
          {"firstAt", formatRfc3339(window.firstAt)},
          {"dueAt", formatRfc3339(window.dueAt)}};
}

Result<http::Response> WindowsHandlers::list(Call& call) const {
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  ports::WindowFilter filter{query.changeType(), query.filter("itemId")};
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();
  const auto among = ownership.changeTypesOf(call.owner);
  if (!among) return among.error();
  filter.among = *among;

  const auto page = windows.list(filter, request);
  if (!page) return page.error();
  http::ArrayText items;
  for (const auto& window : page->items) items.add(windowJson(window));
  return http::pageResponse(std::move(items), {{"nextCursor", nextCursor(page->nextCursor)}});
}

/// The filter may come as query parameters or as a body, each part of it once; without a filter every window becomes
/// due.
Result<http::Response> WindowsHandlers::flush(Call& call) const {
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  ports::WindowFilter filter{query.changeType(), query.filter("itemId")};
  if (call.mediaType == MediaType::JsonText) {
    const auto body = parseJson(call.body, errors);
    if (!body) return errors.toError();
    ObjectReader reader(*body, "", errors);
    reader.allowOnly({"changeType", "itemId"});
    reader.refuseNulls();
    for (const std::string_view name : {"changeType", "itemId"}) {
      if (reader.find(name) != nullptr && query.text(name)) reader.note(name, "It is given in the query, too.");
    }
    if (reader.find("changeType") != nullptr) filter.changeType = reader.changeType();
    if (reader.find("itemId") != nullptr) filter.itemId = reader.itemId("itemId");
  }
  if (!errors.empty()) return errors.toError();

  const auto flushed = windows.flush(filter);
  if (!flushed) return flushed.error();
  return http::jsonResponse(200, {{"flushed", *flushed}});
}

}  // namespace lull::api
