#include "letters/letter_filters.hpp"

namespace lull::api {

namespace {

constexpr std::string_view kReasons = "It must be exhausted, permanent, expired or poisoned.";

}  // namespace

std::optional<DeathReason> reasonOf(const Query& query, InputErrors& errors) {
  const auto text = query.text("reason");
  if (!text) return std::nullopt;
  const auto reason = parseDeathReason(*text);
  if (!reason) errors.add("reason", std::string(kReasons));
  return reason;
}

DeadLetterFilter letterFilterOf(const Query& query, InputErrors& errors) {
  DeadLetterFilter filter;
  filter.endpointId = query.filter("endpointId");
  filter.changeType = query.changeType();
  filter.itemId = query.filter("itemId");
  filter.code = query.status();
  filter.reason = reasonOf(query, errors);
  filter.superseded = query.boolean("superseded");
  filter.since = query.instant("since");
  filter.until = query.instant("until");
  return filter;
}

DeadLetterFilter letterFilterOf(const ObjectReader& body) {
  DeadLetterFilter filter;
  filter.endpointId = body.text("endpointId");
  filter.changeType = body.changeType();
  filter.itemId = body.itemId("itemId");
  filter.code = body.status();
  if (const auto reason = body.text("reason")) {
    filter.reason = parseDeathReason(*reason);
    if (!filter.reason) body.note("reason", std::string(kReasons));
  }
  filter.superseded = body.boolean("superseded");
  filter.since = body.instant("since");
  filter.until = body.instant("until");
  filter.ids = body.texts("ids", kMostIds).value_or(std::vector<std::string>{});
  return filter;
}

}  // namespace lull::api
