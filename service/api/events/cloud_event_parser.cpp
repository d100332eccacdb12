#include "events/cloud_event_parser.hpp"

#include "events/cloud_event.hpp"
#include "events/json_value.hpp"

#include <lull/http/json_records.hpp>
#include <lull/http/query_string.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/percent.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace lull::api {

namespace {

using Part = CloudEventPart;

constexpr std::string_view kHeaderPrefix = "ce-";
constexpr std::array<std::string_view, 4> kRequiredHeaders{"ce-specversion", "ce-id", "ce-source", "ce-type"};

/// Makes an event of each record of the JSON format.
class CloudEventRecords final : public http::JsonRecords {
 public:
  CloudEventRecords(const Catalogue& catalogue, bool batch, InputErrors& errors)
      : catalogue_(catalogue), batch_(batch), errors_(errors) {}

  std::vector<Event> events;

 private:
  void beginRecord() override {
    if (stopped_) return;
    builder_.emplace(catalogue_, errors_, CloudEventBuilder::Place{.pointer = recordPointer()});
    const bool alone = batch_ && recordPointer().empty();
    if (alone) noRecord();
    if (events.size() == kMaxEvents) errors_.add("", std::string(kTooManyEvents));
    stopped_ = alone || events.size() == kMaxEvents;
  }
  void endRecord() override {
    if (!stopped_) events.push_back(builder_->finish());
  }

  bool member(const std::string& name) override {
    if (stopped_) return false;
    part_ = cloudEventPart(name);
    if (part_ != Part::Unknown) {
      builder_->begin(part_);
    } else if (!isAttributeName(name)) {
      errors_.add(http::below(recordPointer(), name),
                  "CloudEvents have no such attribute: names are lower-case letters and digits, as in changedfields.");
    }
    return !errors_.full();
  }

  void value(const http::JsonValue& value) override {
    if (part_ == Part::Unknown) return;
    if (part_ == Part::Data) return builder_->data(raw());
    if (value.kind == http::JsonValue::Kind::Null) return builder_->unset(part_);
    if (value.kind != http::JsonValue::Kind::Text) return builder_->mistyped(part_);
    builder_->text(part_, *value.text);
  }

  void noRecord() override {
    errors_.add(recordPointer(), batch_ && recordPointer().empty() ? "A batch is a JSON array of CloudEvents."
                                                                   : "A CloudEvent is a JSON object.");
  }
  void broken(std::string detail) override { errors_.add("", std::move(detail)); }

  const Catalogue& catalogue_;
  const bool batch_;
  InputErrors& errors_;
  bool stopped_ = false;  // nothing more of the text matters
  Part part_ = Part::Unknown;
  std::optional<CloudEventBuilder> builder_;
};

std::optional<std::vector<Event>> parseRecords(std::string_view json, bool batch, const Catalogue& catalogue,
                                               InputErrors& errors) {
  using Records = http::JsonRecords;
  // Numbers that no double holds may stand anywhere in the data, and are seldom there.
  for (const auto numbers : {Records::Numbers::AsTheyAre, Records::Numbers::Shortened}) {
    InputErrors found;
    CloudEventRecords records(catalogue, batch, found);
    if (!records.read(json, batch ? Records::Form::OneOrArray : Records::Form::One, numbers)) continue;
    errors = std::move(found);
    if (errors.empty()) return std::move(records.events);
    break;
  }
  return std::nullopt;
}

/// Takes the quotes off a quoted string (RFC 9110 section 5.6.4), which older senders write around blanks. Nullopt when
/// it has no proper end.
std::optional<std::string> unquoted(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  std::string text;
  for (std::size_t i = 1; i < value.size(); ++i) {
    if (value[i] == '"') return i + 1 == value.size() ? std::optional(text) : std::nullopt;
    if (value[i] == '\\' && ++i == value.size()) break;
    text += value[i];
  }
  return std::nullopt;
}

/// The text that the value of a header stands for (HTTP binding, section 3.1.3.2).
std::optional<std::string> decodedHeader(std::string_view value) {
  const auto plain = unquoted(value);
  auto text = plain ? text::percentDecode(*plain) : std::nullopt;
  return text && text::isUtf8(*text) ? std::move(text) : std::nullopt;
}

/// The part that a header holds. What belongs into the body or into Content-Type is none.
Part partOfHeader(std::string_view header) {
  if (!text::equalsIgnoringCase(header.substr(0, kHeaderPrefix.size()), kHeaderPrefix)) return Part::Unknown;
  const auto part = cloudEventPart(text::lowerCase(header.substr(kHeaderPrefix.size())));
  const bool elsewhere = part == Part::Data || part == Part::DataBase64 || part == Part::DataContentType;
  return elsewhere ? Part::Unknown : part;
}

void readHeaders(const http::MessageHead& head, CloudEventBuilder& builder) {
  for (const auto& [name, value] : head.headers) {
    const auto part = partOfHeader(name);
    if (part == Part::Unknown) continue;
    builder.begin(part);
    if (auto text = decodedHeader(value)) {
      builder.text(part, *text);
    } else {
      builder.note(part, "It must be percent-encoded UTF-8; a percent sign itself is %25.");
    }
  }
}

void readBody(const http::MessageHead& head, std::string_view body, CloudEventBuilder& builder) {
  if (text::trimmed(body, text::kAllBlanks).empty()) return;
  if (!head.header("Content-Type")) return builder.note(Part::Data, "Content-Type must say that the body is JSON.");
  const JsonValueText value(body);
  if (!value.fault().empty()) return builder.note(Part::Data, value.fault());
  builder.data(value.json());
}

}  // namespace

std::optional<std::vector<Event>> parseCloudEvent(std::string_view json, const Catalogue& catalogue,
                                                  InputErrors& errors) {
  return parseRecords(json, false, catalogue, errors);
}

std::optional<std::vector<Event>> parseCloudEventBatch(std::string_view json, const Catalogue& catalogue,
                                                       InputErrors& errors) {
  return parseRecords(json, true, catalogue, errors);
}

std::optional<std::vector<Event>> parseBinaryCloudEvent(const http::MessageHead& head, std::string_view body,
                                                        const Catalogue& catalogue, InputErrors& errors) {
  CloudEventBuilder builder(catalogue, errors, {.inHeaders = true});
  readHeaders(head, builder);
  readBody(head, body, builder);
  std::vector<Event> events;
  events.push_back(builder.finish());
  if (!errors.empty()) return std::nullopt;
  return events;
}

bool hasCloudEventHeaders(const http::MessageHead& head) {
  return std::ranges::any_of(head.headers, [](const auto& header) {
    return std::ranges::any_of(kRequiredHeaders,
                               [&](auto name) { return text::equalsIgnoringCase(header.first, name); });
  });
}

}  // namespace lull::api
