#include "events/cloud_event_parser.hpp"
#include "events/event_parser.hpp"

#include <lull/api/body_reader.hpp>
#include <lull/http/json_records.hpp>
#include <lull/http/media_type.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/printable.hpp>

#include <string>
#include <utility>

namespace lull::api {

namespace {

enum class BodyForm : std::uint8_t { Event, CloudEvent, Unknown };

/// Finds the member that every CloudEvent has.
class SpecVersionFinder final : public http::JsonRecords {
 public:
  bool found = false;

 private:
  void beginRecord() override {}
  void endRecord() override {}
  void noRecord() override {}
  void broken(std::string) override {}
  bool member(const std::string& name) override {
    found = found || name == "specversion";
    return !found;
  }
  void value(const http::JsonValue&) override {}
};

BodyForm formOf(const ports::MessageText& text) {
  const auto type = http::plainMediaType(text.contentType);
  if (!type) return BodyForm::Unknown;
  if (text::equalsIgnoringCase(*type, "application/cloudevents+json")) return BodyForm::CloudEvent;
  if (text::equalsIgnoringCase(*type, "application/json")) return BodyForm::Event;
  if (!type->empty()) return BodyForm::Unknown;
  SpecVersionFinder finder;
  finder.read(text.body, http::JsonRecords::Form::One, http::JsonRecords::Numbers::Shortened);
  return finder.found ? BodyForm::CloudEvent : BodyForm::Event;
}

/// Some clients name the character set there.
bool isPlain(std::string_view encoding) {
  return encoding.empty() || text::equalsIgnoringCase(encoding, "identity") ||
         text::equalsIgnoringCase(encoding, "utf-8");
}

Error refusedBody(std::string sentence) {
  return {ErrorCode::InvalidInput, std::move(sentence)};
}

/// What a reply to POST /events says in fields, as one sentence.
Error refusedBody(const InputErrors& errors) {
  constexpr std::size_t kMostSaid = 5;
  constexpr std::size_t kMostOfSentence = 1000;
  const auto error = errors.toError();
  std::string sentence;
  for (std::size_t i = 0; i < error.fields.size() && i < kMostSaid; ++i) {
    const auto& [pointer, detail] = error.fields[i];
    sentence.append(sentence.empty() ? "" : " ").append(pointer).append(pointer.empty() ? "" : ": ").append(detail);
  }
  if (error.fields.size() > kMostSaid) sentence += " And more is wrong.";
  if (sentence.size() > kMostOfSentence) sentence = sentence.substr(0, kMostOfSentence) + "…";
  return refusedBody(text::printable(sentence));
}

}  // namespace

Result<Event> BodyReader::read(const ports::MessageText& text) const {
  constexpr std::string_view kTypes =
      "; what is read is application/json, in UTF-8 and not compressed, and application/cloudevents+json.";
  constexpr std::size_t kMostShown = 100;
  if (!isPlain(text.contentEncoding)) {
    return refusedBody("Its content encoding is " +
                       text::printable(std::string_view(text.contentEncoding).substr(0, kMostShown)) +
                       std::string(kTypes));
  }
  InputErrors errors;
  switch (formOf(text)) {
    case BodyForm::Unknown:
      return refusedBody("Its content type is " +
                         text::printable(std::string_view(text.contentType).substr(0, kMostShown)) +
                         std::string(kTypes));
    case BodyForm::CloudEvent:
      if (auto events = parseCloudEvent(text.body, catalogue_, errors); events && events->size() == 1)
        return std::move(events->front());
      break;
    case BodyForm::Event:
      if (auto event = parseEvent(text.body, catalogue_, errors)) return *std::move(event);
      break;
  }
  return refusedBody(errors);
}

}  // namespace lull::api
