#include "events/event_rules.hpp"

#include <lull/text/traceparent.hpp>
#include <lull/text/utf8.hpp>

#include <utility>

namespace lull::api {

Fault readType(std::string& value, const Catalogue& catalogue, Event& event) {
  const auto* known = catalogue.ofEvent(value);
  if (known == nullptr) {
    constexpr std::size_t kMostShown = 100;
    const bool fits = value.size() <= kMostShown;
    return "There is no event type " + (fits ? "'" + value + "'" : std::string("of that name")) +
           "; GET /change-types lists them.";
  }
  event.changeType = known->value;
  event.type = std::move(value);
  return std::nullopt;
}

Fault readItemId(std::string& value, ItemId& id) {
  const auto characters = text::countCharacters(value);
  if (characters < 1 || characters > ItemId::kMaxCharacters) return "It must have 1 to 200 characters.";
  id = ItemId(std::move(value));
  return std::nullopt;
}

Fault readEventId(std::string& value, Event& event) {
  if (value.empty() || text::countCharacters(value) > kMaxEventIdCharacters) return "It must have 1 to 200 characters.";
  event.id = std::move(value);
  return std::nullopt;
}

Fault readTraceparent(std::string& value, Event& event) {
  if (!text::isTraceparent(value)) return "It is not a W3C traceparent.";
  event.traceparent = std::move(value);
  return std::nullopt;
}

Fault readScope(std::string& value, Event& event) {
  // An empty scope is none, as it is where a mailbox subscribes.
  if (text::countCharacters(value) > kMaxScopeCharacters) return "It has at most 100 characters.";
  event.scope = std::move(value);
  return std::nullopt;
}

Fault readOccurredAt(std::string_view value, Event& event) {
  const auto at = parseRfc3339(value);
  if (!at) return std::string(kTimeForm);
  event.occurredAt = at;
  return std::nullopt;
}

Fault readOperation(std::string_view value, std::optional<Operation>& operation) {
  const auto known = parseOperation(value);
  if (!known) return std::string(kOperationForm);
  operation = known;
  return std::nullopt;
}

Fault readData(std::string_view json, Event& event) {
  if (json.size() > kMaxEventData) return "It is larger than 64 KiB.";
  event.data = json;
  return std::nullopt;
}

bool isFieldName(std::string_view name) {
  const auto characters = text::countCharacters(name);
  return characters >= 1 && characters <= kMaxFieldNameCharacters;
}

Operation operationOf(const Event& event, std::optional<Operation> given, const Catalogue& catalogue) {
  const auto* known = catalogue.event(event.type);
  return given.value_or(known != nullptr ? known->operationOrNamed() : Operation::Update);
}

}  // namespace lull::api
