#include "event_parser.hpp"

#include "problem.hpp"

#include <lull/http/json.hpp>
#include <lull/http/json_iterators.hpp>
#include <lull/http/message_head.hpp>
#include <lull/text/utf8.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace lull::api {

namespace {

enum class Field : std::uint8_t { Type, ItemId, BaseId, OccurredAt, Id, Data, Traceparent, Unknown };
constexpr std::size_t kFieldCount = 7;  // without Unknown

constexpr std::size_t indexOf(Field field) {
  return static_cast<std::size_t>(field);
}

constexpr std::array<std::string_view, kFieldCount> kNames{"type", "itemId", "baseId",     "occurredAt",
                                                           "id",   "data",   "traceparent"};
constexpr std::array<Field, 3> kRequired{Field::Type, Field::ItemId, Field::BaseId};

Field fieldOf(std::string_view name) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (kNames[i] == name) return static_cast<Field>(i);
  }
  return Field::Unknown;
}

/// Reads events as the parser meets them. Levels: an optional array, an event object, and whatever `data` (or an
/// unknown member) holds.
class EventHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  EventHandler(const Catalogue& catalogue, InputErrors& errors, std::vector<Event>& events)
      : catalogue_(catalogue), errors_(errors), events_(events) {}

  /// What pointers begin with when the text is not an array: "" or the line.
  void setPrefix(std::string prefix) { prefix_ = std::move(prefix); }
  void setLinesOnly() { arrayAllowed_ = false; }
  const char** seen() { return &seen_; }

  bool null() override {
    if (const auto field = scalar(); field && *field != Field::Data && *field != Field::Unknown) {
      // An optional member that is null is one that is absent.
      if (isRequired(*field)) note(*field, "It must not be null.");
    }
    return true;
  }
  bool boolean(bool) override {
    if (const auto field = scalar()) mistyped(*field);
    return true;
  }
  bool number_integer(std::int64_t value) override {
    if (const auto field = scalar()) number(*field, value);
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    const auto field = scalar();
    if (!field) return true;
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      mistyped(*field);
    } else {
      number(*field, static_cast<std::int64_t>(value));
    }
    return true;
  }
  bool number_float(double, const std::string&) override {
    if (const auto field = scalar()) mistyped(*field);
    return true;
  }
  bool string(std::string& value) override {
    if (const auto field = scalar()) text(*field, value);
    return true;
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }

  bool start_object(std::size_t) override {
    if (!descend()) return false;
    if (!inEvent_) beginEvent();
    return true;
  }
  bool end_object() override {
    ascend();
    return true;
  }
  bool start_array(std::size_t) override {
    if (!inEvent_ && depth_ == 0 && arrayAllowed_) {
      inArray_ = true;
      return descend();
    }
    if (!inEvent_) {
      errors_.add(eventPointer(), "An event is a JSON object.");
      return false;
    }
    return descend();
  }
  bool end_array() override {
    ascend();
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ != eventDepth_) return true;
    field_ = fieldOf(name);
    valueFrom_ = seen_;
    if (field_ == Field::Unknown) {
      errors_.add(http::below(eventPointer(), name), "An event has no such member.");
    } else if (std::exchange(given_[indexOf(field_)], true)) {
      note(field_, "This member is given more than once.");
    }
    return !errors_.full();
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& fault) override {
    constexpr int kNumberOutOfRange = 406;
    metHugeNumber_ = fault.id == kNumberOutOfRange;
    errors_.add(prefix_, http::notJsonAt(position));
    return false;
  }
  /// The parser gave up at a number that a double cannot hold.
  bool metHugeNumber() const { return metHugeNumber_; }

 private:
  static bool isRequired(Field field) {
    return field == Field::Type || field == Field::ItemId || field == Field::BaseId;
  }

  std::string eventPointer() const { return inArray_ ? prefix_ + "/" + std::to_string(index_) : prefix_; }
  void note(Field field, std::string detail) {
    errors_.add(http::below(eventPointer(), kNames[indexOf(field)]), std::move(detail));
  }

  bool descend() {
    if (depth_ == http::kMaxJsonDepth) {
      errors_.add(prefix_, std::string(http::kTooDeep));
      return false;
    }
    ++depth_;
    return true;
  }

  void ascend() {
    const bool endsValue = inEvent_ && depth_ == eventDepth_ + 1;
    if (inEvent_ && depth_ == eventDepth_) endEvent();
    --depth_;
    if (!endsValue) return;
    if (field_ == Field::Data) {
      takeData(seen_);
    } else if (field_ != Field::Unknown) {
      mistyped(field_);
    }
  }

  /// The member of an event that the scalar at hand is the value of; none when it lies deeper or outside of an event.
  std::optional<Field> scalar() {
    if (!inEvent_) {
      errors_.add(eventPointer(), "An event is a JSON object.");
      if (inArray_) ++index_;
      return std::nullopt;
    }
    if (depth_ != eventDepth_) return std::nullopt;
    if (field_ == Field::Data) takeData(seen_);
    return field_;
  }

  void number(Field field, std::int64_t value) {
    if (field == Field::ItemId) {
      event_.itemId = ItemId(value);
    } else if (field == Field::BaseId) {
      event_.baseId = ItemId(value);
    } else if (field == Field::Data) {
      trimNumber();
    } else {
      mistyped(field);
    }
  }

  void mistyped(Field field) {
    static constexpr std::array<std::string_view, kFieldCount> kExpected{
        "It must be a text.",
        "It must be a 64-bit integer or a text.",
        "It must be a 64-bit integer or a text.",
        "It must be an RFC 3339 time such as 2026-11-23T21:19:06Z.",
        "It must be a text.",
        "",
        "It must be a text."};
    if (field == Field::Unknown) return;
    if (field == Field::Data) return trimNumber();
    note(field, std::string(kExpected[indexOf(field)]));
  }

  void text(Field field, std::string& value) {
    switch (field) {
      case Field::Type:
        return type(value);
      case Field::ItemId:
        return itemId(field, value, event_.itemId);
      case Field::BaseId:
        return itemId(field, value, event_.baseId);
      case Field::OccurredAt:
        event_.occurredAt = parseRfc3339(value);
        if (!event_.occurredAt) mistyped(field);
        return;
      case Field::Id:
        if (value.empty() || text::countCharacters(value) > kMaxEventIdCharacters) {
          return note(field, "It must have 1 to 200 characters.");
        }
        event_.id = std::move(value);
        return;
      case Field::Traceparent:
        if (!isTraceparent(value)) return note(field, "It is not a W3C traceparent.");
        event_.traceparent = std::move(value);
        return;
      default:
        return;
    }
  }

  void type(std::string& value) {
    const auto* known = catalogue_.ofEvent(value);
    if (known == nullptr) {
      constexpr std::size_t kMostShown = 100;
      const bool fits = value.size() <= kMostShown;
      return note(Field::Type, "There is no event type " + (fits ? "'" + value + "'" : std::string("of that name")) +
                                   "; GET /change-types lists them.");
    }
    event_.changeType = known->value;
    event_.type = std::move(value);
  }

  void itemId(Field field, std::string& value, ItemId& into) {
    if (!ItemId::isValidText(value)) return note(field, "It must have 1 to 200 characters.");
    into = ItemId(std::move(value));
  }

  void beginEvent() {
    inEvent_ = true;
    eventDepth_ = depth_;
    event_ = Event{};
    given_.fill(false);
    if (events_.size() == kMaxEvents) overflow_ = true;
  }

  void endEvent() {
    inEvent_ = false;
    for (const auto field : kRequired) {
      if (!given_[indexOf(field)]) note(field, "It is required.");
    }
    if (events_.size() < kMaxEvents) events_.push_back(std::move(event_));
    if (std::exchange(overflow_, false) && !tooMany_) {
      errors_.add("", "At most 1,000 events fit into one request.");
      tooMany_ = true;
    }
    if (inArray_) ++index_;
  }

  /// `valueFrom_` is where the member's name ended: the colon and blanks stand before the value.
  void takeData(const char* end) {
    std::string_view raw(valueFrom_, static_cast<std::size_t>(end - valueFrom_));
    raw.remove_prefix(raw.find_first_not_of(": \t\r\n"));
    if (raw.size() > kMaxEventData) return note(Field::Data, "It is larger than 64 KiB.");
    event_.data = raw;
  }

  /// A number is only known to have ended by the byte after it, which the parser has taken by then.
  void trimNumber() {
    const auto last = event_.data.find_last_not_of(",}] \t\r\n");
    if (last != std::string::npos) event_.data.erase(last + 1);
  }

  const Catalogue& catalogue_;
  InputErrors& errors_;
  std::vector<Event>& events_;
  std::string prefix_;
  bool arrayAllowed_ = true;
  const char* seen_ = nullptr;
  const char* valueFrom_ = nullptr;
  int depth_ = 0;
  int eventDepth_ = -1;
  bool inArray_ = false;
  bool inEvent_ = false;
  bool overflow_ = false;
  bool tooMany_ = false;
  bool metHugeNumber_ = false;
  std::size_t index_ = 0;
  Field field_ = Field::Unknown;
  std::array<bool, kFieldCount> given_{};
  Event event_;
};

/// Where the text at hand stands: pointers into a line begin with its number, and a line holds one event.
struct Place {
  std::string prefix;
  bool linesOnly = false;
};

void parseInto(std::vector<Event>& events, std::string_view text, const Place& place, const Catalogue& catalogue,
               InputErrors& errors) {
  const char* end = text.data() + text.size();
  const auto begin = [&](EventHandler& handler) {
    handler.setPrefix(place.prefix);
    if (place.linesOnly) handler.setLinesOnly();
    *handler.seen() = text.data();
  };
  const auto count = events.size();
  const auto before = errors;
  EventHandler handler(catalogue, errors, events);
  begin(handler);
  nlohmann::json::sax_parse(http::CountingIterator(text.data(), handler.seen()),
                            http::CountingIterator(end, handler.seen()), &handler);
  if (!handler.metHugeNumber()) return;
  events.resize(count);
  errors = before;
  EventHandler again(catalogue, errors, events);
  begin(again);
  nlohmann::json::sax_parse(http::ShorteningIterator(text.data(), end, again.seen()),
                            http::ShorteningIterator(end, end, again.seen()), &again);
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

std::optional<std::vector<Event>> parseEventLines(std::string_view lines, const Catalogue& catalogue,
                                                  InputErrors& errors) {
  std::vector<Event> events;
  for (std::size_t line = 0; !lines.empty() && !errors.full(); ++line) {
    const auto end = lines.find('\n');
    auto text = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (http::trimBlanks(text).empty()) continue;
    if (events.size() == kMaxEvents) {
      errors.add("", "At most 1,000 events fit into one request.");
      break;
    }
    parseInto(events, text, {"/" + std::to_string(line), true}, catalogue, errors);
  }
  return finish(std::move(events), errors);
}

}  // namespace lull::api
