#include "events/event_rules.hpp"
#include "events/json_value.hpp"

#include <lull/api/part_reader.hpp>
#include <lull/http/json.hpp>
#include <lull/text/ascii.hpp>

#include <charconv>
#include <utility>
#include <variant>

namespace lull::api {

namespace {

constexpr std::string_view kRequiredPart = "It is required.";
constexpr std::string_view kNamesForm =
    "It must be a list of at most 200 names of 1 to 100 characters: JSON, or with commas between them.";

/// An id keeps its type: a column of whole numbers gives numbers, any other gives texts.
Fault readId(std::optional<ports::PartValue>& value, ItemId& id) {
  if (!value) return std::string(kRequiredPart);
  if (!value->isNumber) return readItemId(value->text, id);
  std::int64_t number = 0;
  const auto* end = value->text.data() + value->text.size();
  const auto [read, failure] = std::from_chars(value->text.data(), end, number);
  if (failure != std::errc() || read != end) return "It must be a 64-bit integer or a text.";
  id = ItemId(number);
  return std::nullopt;
}

Fault readJsonData(const std::string& text, Event& event) {
  if (text.size() > kMaxEventData) return readData(text, event);  // says that
  const JsonValueText value(text);
  if (!value.fault().empty()) return value.fault();
  return readData(value.json(), event);
}

std::optional<std::vector<std::string>> namesIn(const std::string& text) {
  std::vector<std::string> names;
  if (text::trimmed(text).starts_with('[')) {
    const auto parsed = http::parseJson(text);
    const auto* list = std::get_if<http::Json>(&parsed);
    if (list == nullptr || !list->is_array()) return std::nullopt;
    for (const auto& name : *list) {
      if (!name.is_string()) return std::nullopt;
      names.push_back(name.get<std::string>());
    }
    return names;
  }
  for (std::string_view rest = text; !text::trimmed(text).empty();) {
    const auto comma = rest.find(',');
    names.emplace_back(text::trimmed(rest.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return names;
}

Fault readChangedFields(const std::string& text, Event& event) {
  auto names = namesIn(text);
  if (!names || names->size() > kMaxChangedFields) return std::string(kNamesForm);
  for (const auto& name : *names) {
    if (!isFieldName(name)) return std::string(kNamesForm);
  }
  event.changedFields = std::move(names);
  return std::nullopt;
}

/// Collects what is wrong, as "part: sentence".
class Faults {
 public:
  void note(std::string_view part, const Fault& fault) {
    if (fault) text_.append(text_.empty() ? "" : " ").append(part).append(": ").append(*fault);
  }
  bool none() const { return text_.empty(); }
  Error toError() const { return {ErrorCode::InvalidInput, text_}; }

 private:
  std::string text_;
};

}  // namespace

Result<Event> PartReader::read(ports::EventParts parts) const {
  Event event;
  Faults faults;
  std::optional<Operation> operation;
  faults.note("id", readEventId(parts.id, event));
  faults.note("type", parts.type ? readType(*parts.type, catalogue_, event) : Fault(kRequiredPart));
  faults.note("itemId", readId(parts.itemId, event.itemId));
  faults.note("baseId", readId(parts.baseId, event.baseId));
  if (parts.occurredAt) faults.note("occurredAt", readOccurredAt(*parts.occurredAt, event));
  if (parts.data) faults.note("data", readJsonData(*parts.data, event));
  if (parts.operation) faults.note("operation", readOperation(*parts.operation, operation));
  if (parts.scope) faults.note("scope", readScope(*parts.scope, event));
  if (parts.changedFields) faults.note("changedFields", readChangedFields(*parts.changedFields, event));
  if (parts.traceparent) faults.note("traceparent", readTraceparent(*parts.traceparent, event));
  if (!faults.none()) return faults.toError();
  event.operation = operationOf(event, operation, catalogue_);
  return event;
}

}  // namespace lull::api
