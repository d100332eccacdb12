#include "events/cloud_event.hpp"

#include "events/json_value.hpp"

#include <lull/http/json_records.hpp>
#include <lull/http/media_type.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/base64.hpp>
#include <lull/text/url.hpp>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace lull::api {

namespace {

using Part = CloudEventPart;

constexpr std::size_t kMaxSourceBytes = 2048;

constexpr std::size_t indexOf(Part part) {
  return static_cast<std::size_t>(part);
}

constexpr std::array<std::string_view, kCloudEventParts> kPartNames{
    "specversion", "id",        "source", "type",          "subject",         "time",
    "traceparent", "operation", "scope",  "changedfields", "datacontenttype", "data",
    "data_base64"};

constexpr std::array<Part, 5> kRequiredParts{Part::SpecVersion, Part::Id, Part::Source, Part::Type, Part::Subject};

/// A subject is always a text; digits stand for a number that fits.
std::optional<std::int64_t> numberIn(std::string_view subject) {
  if (!std::ranges::all_of(subject, text::isDigit)) return std::nullopt;
  std::int64_t number = 0;
  const auto* end = subject.data() + subject.size();
  const auto [stop, failure] = std::from_chars(subject.data(), end, number);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return number;
}

Fault readSubject(std::string& value, ItemId& id) {
  const auto number = numberIn(value);
  if (!number) return readItemId(value, id);
  id = ItemId(*number);
  return std::nullopt;
}

Fault readSource(std::string& value, Event& event) {
  if (value.empty() || value.size() > kMaxSourceBytes || !text::isUriReference(value)) {
    return "It must be a URI reference (RFC 3986) of 1 to 2,048 characters.";
  }
  event.source = std::move(value);
  return std::nullopt;
}

/// Attributes have no lists, so the names stand in one text.
Fault readFieldNames(std::string_view value, Event& event) {
  std::vector<std::string> names;
  for (bool more = !text::trimmed(value).empty(); more;) {
    const auto comma = value.find(',');
    const auto name = text::trimmed(value.substr(0, comma));
    if (!isFieldName(name)) return "Each name in it must have 1 to 100 characters; commas stand between them.";
    if (names.size() == kMaxChangedFields) return "It has at most 200 names.";
    names.emplace_back(name);
    more = comma != std::string_view::npos;
    if (more) value.remove_prefix(comma + 1);
  }
  event.changedFields = std::move(names);
  return std::nullopt;
}

/// Finds `baseId` in data that is an object. Of other data nothing is told.
class BaseIdReader final : public http::JsonRecords {
 public:
  std::optional<ItemId> baseId;
  Fault fault;

 private:
  void beginRecord() override {}
  void endRecord() override {}
  void noRecord() override {}
  void broken(std::string) override {}
  bool member(const std::string& name) override {
    atBaseId_ = name == "baseId";
    if (atBaseId_ && std::exchange(given_, true)) fault = "This member is given more than once.";
    return !fault;
  }
  void value(const http::JsonValue& value) override {
    if (!std::exchange(atBaseId_, false)) return;
    ItemId id;
    switch (value.kind) {
      case http::JsonValue::Kind::Null:
        return;
      case http::JsonValue::Kind::Integer:
        id = ItemId(value.integer);
        break;
      case http::JsonValue::Kind::Text:
        fault = readItemId(*value.text, id);
        break;
      case http::JsonValue::Kind::Other:
        fault = "It must be a 64-bit integer or a text.";
        break;
    }
    if (!fault) baseId = std::move(id);
  }

  bool atBaseId_ = false;
  bool given_ = false;
};

}  // namespace

CloudEventPart cloudEventPart(std::string_view name) {
  return static_cast<Part>(std::ranges::find(kPartNames, name) - kPartNames.begin());  // past the end it is Unknown
}

bool isAttributeName(std::string_view name) {
  const auto fits = [](char c) { return text::isDigit(c) || (c >= 'a' && c <= 'z'); };
  return !name.empty() && std::ranges::all_of(name, fits);
}

bool CloudEventBuilder::given(Part part) const {
  return given_[indexOf(part)];
}

void CloudEventBuilder::note(Part part, std::string detail) {
  const auto name = kPartNames[indexOf(part)];
  if (!place_.inHeaders) return errors_.add(http::below(place_.pointer, name), std::move(detail));
  // No pointer leads to a header, so the sentence names it.
  if (part == Part::Data) return errors_.add("", std::move(detail));
  errors_.add("", "ce-" + std::string(name) + ": " + std::move(detail));
}

void CloudEventBuilder::begin(Part part) {
  if (std::exchange(given_[indexOf(part)], true)) note(part, "It is given more than once.");
}

void CloudEventBuilder::unset(Part part) {
  given_[indexOf(part)] = false;
}

void CloudEventBuilder::mistyped(Part part) {
  note(part, part == Part::ChangedFields ? "It must be a text of names with commas between, such as title,status."
                                         : "It must be a text.");
}

void CloudEventBuilder::text(Part part, std::string& value) {
  if (auto fault = read(part, value)) note(part, *std::move(fault));
}

Fault CloudEventBuilder::read(Part part, std::string& value) {
  switch (part) {
    case Part::SpecVersion:
      return value == "1.0" ? std::nullopt : Fault("It must be 1.0, which is the version of CloudEvents that is read.");
    case Part::Id:
      return readEventId(value, event_);
    case Part::Source:
      return readSource(value, event_);
    case Part::Type:
      return readType(value, catalogue_, event_);
    case Part::Subject:
      return readSubject(value, event_.itemId);
    case Part::Time:
      return readOccurredAt(value, event_);
    case Part::Traceparent:
      return readTraceparent(value, event_);
    case Part::Operation:
      return readOperation(value, operation_);
    case Part::Scope:
      return readScope(value, event_);
    case Part::ChangedFields:
      return readFieldNames(value, event_);
    case Part::DataContentType:
      return readContentType(value);
    case Part::DataBase64:
      base64_ = std::move(value);  // whether it is JSON is known only when all parts are there
      return std::nullopt;
    case Part::Data:
    case Part::Unknown:
      break;
  }
  return std::nullopt;
}

Fault CloudEventBuilder::readContentType(std::string_view value) {
  const auto type = http::plainMediaType(value);
  dataIsJson_ = type && http::isJsonType(*type);
  if (dataIsJson_) return std::nullopt;
  return "The data must be JSON in UTF-8: application/json, or a type that ends with +json.";
}

void CloudEventBuilder::data(std::string_view json) {
  if (auto fault = readData(json, event_)) return note(Part::Data, *std::move(fault));
  readBaseId(json, Part::Data);
}

void CloudEventBuilder::readBase64(std::string_view base64) {
  const auto decoded = text::fromBase64(base64);
  if (!decoded) return note(Part::DataBase64, "It is not base64 (RFC 4648, section 4) with its padding.");
  const JsonValueText value(*decoded);
  if (!value.fault().empty()) return note(Part::DataBase64, "Decoded it must be JSON. " + value.fault());
  if (auto fault = readData(value.json(), event_)) return note(Part::DataBase64, *std::move(fault));
  readBaseId(value.json(), Part::DataBase64);
}

void CloudEventBuilder::readBaseId(std::string_view json, Part from) {
  BaseIdReader reader;
  reader.read(json, http::JsonRecords::Form::One, http::JsonRecords::Numbers::Shortened);
  baseId_ = std::move(reader.baseId);
  if (!reader.fault) return;
  if (from == Part::DataBase64) return note(from, "baseId: " + *reader.fault);
  errors_.add((place_.inHeaders ? "" : http::below(place_.pointer, "data")) + "/baseId", *std::move(reader.fault));
}

Event CloudEventBuilder::finish() {
  for (const auto part : kRequiredParts) {
    if (!given(part)) note(part, "It is required.");
  }
  if (given(Part::Data) && given(Part::DataBase64)) {
    note(Part::DataBase64, "A CloudEvent has data or data_base64, not both.");
  } else if (base64_ && dataIsJson_) {
    readBase64(*base64_);
  }
  event_.operation = operationOf(event_, operation_, catalogue_);
  event_.baseId = baseId_.value_or(event_.itemId);
  return std::move(event_);
}

}  // namespace lull::api
