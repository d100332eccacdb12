#include "events/event_parser.hpp"

#include "problem.hpp"

#include <lull/http/json_records.hpp>
#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace lull::api {

namespace {

enum class Field : std::uint8_t {
  Type,
  ItemId,
  BaseId,
  OccurredAt,
  Id,
  Data,
  Traceparent,
  Operation,
  Scope,
  ChangedFields,
  Unknown
};
constexpr std::size_t kFieldCount = 10;  // without Unknown

constexpr std::size_t indexOf(Field field) {
  return static_cast<std::size_t>(field);
}

constexpr std::array<std::string_view, kFieldCount> kNames{
    "type", "itemId", "baseId", "occurredAt", "id", "data", "traceparent", "operation", "scope", "changedFields"};

// What is said of a member that has another JSON type. `data` takes any.
constexpr std::array<std::string_view, kFieldCount> kForms{"It must be a text.",
                                                           "It must be a 64-bit integer or a text.",
                                                           "It must be a 64-bit integer or a text.",
                                                           kTimeForm,
                                                           "It must be a text.",
                                                           "",
                                                           "It must be a text.",
                                                           kOperationForm,
                                                           "It must be a text.",
                                                           "It must be a list of at most 200 names."};
constexpr std::array<Field, 3> kRequired{Field::Type, Field::ItemId, Field::BaseId};

Field fieldOf(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  return static_cast<Field>(found - kNames.begin());  // past the end it is Unknown
}

/// Reads the JSON text of `changedFields`. What is wrong is noted at `pointer`, or at the place in the list.
std::vector<std::string> changedFieldsIn(std::string_view json, const std::string& pointer, InputErrors& errors) {
  auto parsed = http::parseJson(json);
  auto* list = std::get_if<http::Json>(&parsed);
  // The text is known to be JSON: what parseJson() refuses has more values than any list of names, or is none.
  if (list == nullptr || !list->is_array() || list->size() > kMaxChangedFields) {
    errors.add(pointer, std::string(kForms[indexOf(Field::ChangedFields)]));
    return {};
  }
  std::vector<std::string> names;
  names.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto* name = (*list)[i].get_ptr<std::string*>();
    if (name == nullptr || !isFieldName(*name)) {
      errors.add(http::below(pointer, std::to_string(i)), "It must be a text of 1 to 100 characters.");
    } else {
      names.push_back(std::move(*name));
    }
  }
  return names;
}

/// Where the text stands in the body: a pointer into a line begins with the number of the line, and a line holds one
/// event.
struct Place {
  std::string prefix{};
  http::JsonRecords::Form form = http::JsonRecords::Form::OneOrArray;
};

/// Makes an event of each record, and notes what is wrong with it.
class EventReader final : public http::JsonRecords {
 public:
  EventReader(const Catalogue& catalogue, const Place& place, InputErrors& errors, std::vector<Event>& events)
      : catalogue_(catalogue), place_(place), errors_(errors), events_(events) {}

 private:
  void beginRecord() override {
    event_ = Event{};
    operation_.reset();
    given_.fill(false);
    if (events_.size() == kMaxEvents) overflow_ = true;
  }

  void endRecord() override {
    for (const auto field : kRequired) {
      if (!given_[indexOf(field)]) note(field, "It is required.");
    }
    event_.operation = operationOf(event_, operation_, catalogue_);
    if (events_.size() < kMaxEvents) events_.push_back(std::move(event_));
    if (std::exchange(overflow_, false) && !tooMany_) {
      errors_.add("", std::string(kTooManyEvents));
      tooMany_ = true;
    }
  }

  bool member(const std::string& name) override {
    field_ = fieldOf(name);
    if (field_ == Field::Unknown) {
      errors_.add(http::below(pointer(), name), "An event has no such member.");
    } else if (std::exchange(given_[indexOf(field_)], true)) {
      note(field_, "This member is given more than once.");
    }
    return !errors_.full();
  }

  void value(const http::JsonValue& value) override {
    if (field_ == Field::Unknown) return;
    if (field_ == Field::Data) return noteIf(readData(raw(), event_));
    switch (value.kind) {
      case http::JsonValue::Kind::Null:
        // An optional member that is null is one that is absent.
        if (std::ranges::find(kRequired, field_) != kRequired.end()) note(field_, "It must not be null.");
        return;
      case http::JsonValue::Kind::Integer:
        return number(field_, value.integer);
      case http::JsonValue::Kind::Text:
        return noteIf(text(field_, *value.text));
      case http::JsonValue::Kind::Other:
        return field_ == Field::ChangedFields ? changedFields(raw()) : mistyped(field_);
    }
  }

  void noRecord() override { errors_.add(pointer(), "An event is a JSON object."); }
  void broken(std::string detail) override { errors_.add(place_.prefix, std::move(detail)); }

  std::string pointer() const { return place_.prefix + recordPointer(); }
  void note(Field field, std::string detail) {
    errors_.add(http::below(pointer(), kNames[indexOf(field)]), std::move(detail));
  }

  void number(Field field, std::int64_t value) {
    if (field == Field::ItemId) {
      event_.itemId = ItemId(value);
    } else if (field == Field::BaseId) {
      event_.baseId = ItemId(value);
    } else {
      mistyped(field);
    }
  }

  void mistyped(Field field) { note(field, std::string(kForms[indexOf(field)])); }

  void noteIf(Fault fault) {
    if (fault) note(field_, *std::move(fault));
  }

  Fault text(Field field, std::string& value) {
    switch (field) {
      case Field::Type:
        return readType(value, catalogue_, event_);
      case Field::ItemId:
        return readItemId(value, event_.itemId);
      case Field::BaseId:
        return readItemId(value, event_.baseId);
      case Field::OccurredAt:
        return readOccurredAt(value, event_);
      case Field::Id:
        return readEventId(value, event_);
      case Field::Traceparent:
        return readTraceparent(value, event_);
      case Field::Operation:
        return readOperation(value, operation_);
      case Field::Scope:
        return readScope(value, event_);
      default:
        return std::string(kForms[indexOf(field)]);
    }
  }

  void changedFields(std::string_view raw) {
    event_.changedFields = changedFieldsIn(raw, http::below(pointer(), "changedFields"), errors_);
  }

  const Catalogue& catalogue_;
  const Place& place_;
  InputErrors& errors_;
  std::vector<Event>& events_;
  bool overflow_ = false;
  bool tooMany_ = false;
  Field field_ = Field::Unknown;
  std::array<bool, kFieldCount> given_{};
  std::optional<Operation> operation_;
  Event event_;
};

void parseInto(std::vector<Event>& events, std::string_view text, const Place& place, const Catalogue& catalogue,
               InputErrors& errors) {
  using Numbers = http::JsonRecords::Numbers;
  const auto count = events.size();
  const auto before = errors;
  if (EventReader(catalogue, place, errors, events).read(text, place.form, Numbers::AsTheyAre)) return;
  events.resize(count);
  errors = before;
  EventReader(catalogue, place, errors, events).read(text, place.form, Numbers::Shortened);
}

std::optional<std::vector<Event>> finish(std::vector<Event> events, InputErrors& errors) {
  if (events.empty() && errors.empty()) errors.add("", "At least one event is needed.");
  if (!errors.empty()) return std::nullopt;
  return events;
}

}  // namespace

std::optional<std::vector<Event>> parseEvents(std::string_view json, const Catalogue& catalogue, InputErrors& errors) {
  std::vector<Event> events;
  parseInto(events, json, {}, catalogue, errors);
  return finish(std::move(events), errors);
}

std::optional<Event> parseEvent(std::string_view json, const Catalogue& catalogue, InputErrors& errors) {
  std::vector<Event> events;
  parseInto(events, json, {.form = http::JsonRecords::Form::One}, catalogue, errors);
  auto one = finish(std::move(events), errors);
  return one ? std::optional(std::move(one->front())) : std::nullopt;
}

std::optional<std::vector<Event>> parseEventLines(std::string_view lines, const Catalogue& catalogue,
                                                  InputErrors& errors) {
  std::vector<Event> events;
  for (std::size_t line = 0; !lines.empty() && !errors.full(); ++line) {
    const auto end = lines.find('\n');
    auto text = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text::trimmed(text).empty()) continue;
    if (events.size() == kMaxEvents) {
      errors.add("", std::string(kTooManyEvents));
      break;
    }
    parseInto(events, text, {"/" + std::to_string(line), http::JsonRecords::Form::One}, catalogue, errors);
  }
  return finish(std::move(events), errors);
}

}  // namespace lull::api
