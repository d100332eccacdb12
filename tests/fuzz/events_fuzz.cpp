#include "api/events/cloud_event_parser.hpp"
#include "api/events/event_parser.hpp"
#include "fuzz.hpp"

#include <lull/http/response.hpp>
#include <lull/text/url.hpp>
#include <lull/text/utf8.hpp>

#include <array>

namespace {

using namespace lull;
using Events = std::optional<std::vector<Event>>;

/// Numbers may be such that no double holds them.
void requireJson(const std::string& data) {
  constexpr int kNumberOutOfRange = 406;
  try {
    if (data.empty()) return;
    const auto parsed = http::Json::parse(data);
    fuzz::require(!parsed.is_discarded(), "data is JSON");
  } catch (const http::Json::exception& fault) {
    fuzz::require(fault.id == kNumberOutOfRange, "data is JSON");
  }
}

void requireSound(const Event& event, const Catalogue& catalogue, bool isCloudEvent) {
  fuzz::require(catalogue.ofValue(event.changeType) != nullptr, "the change type is known");
  fuzz::require(event.data.size() <= api::kMaxEventData, "data is bounded");
  for (const auto* id : {&event.itemId, &event.baseId}) {
    fuzz::require(id->isNumber() || (text::isUtf8(id->text()) && !id->text().empty()), "ids are valid text");
  }
  requireJson(event.data);
  fuzz::require(text::isUtf8(event.id) && text::isUtf8(event.scope), "texts are valid");
  fuzz::require(text::countCharacters(event.scope) <= api::kMaxScopeCharacters, "the scope is bounded");
  fuzz::require(event.source.empty() != isCloudEvent, "CloudEvents have a source, and nothing else has");
  fuzz::require(text::isUriReference(event.source), "a source is a URI reference");
  fuzz::require(!isCloudEvent || !event.id.empty(), "CloudEvents have an id");
  if (!event.changedFields) return;
  fuzz::require(event.changedFields->size() <= api::kMaxChangedFields, "the fields are bounded");
  for (const auto& name : *event.changedFields) {
    const auto characters = text::countCharacters(name);
    fuzz::require(characters >= 1 && characters <= api::kMaxFieldNameCharacters, "a field's name is bounded");
  }
}

/// Headers, one per line with a colon, up to an empty line; then the body.
Events parseBinary(fuzz::Input& input, const Catalogue& catalogue, api::InputErrors& errors) {
  http::MessageHead head;
  for (auto line = input.line(); !line.empty(); line = input.line()) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) head.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  return api::parseBinaryCloudEvent(head, input.rest(), catalogue, errors);
}

enum class Form : std::uint8_t { Json, Lines, Structured, Batched, Binary };
constexpr std::array kForms{Form::Json, Form::Lines, Form::Structured, Form::Batched, Form::Binary};

Events parse(Form form, fuzz::Input& input, const Catalogue& catalogue, api::InputErrors& errors) {
  switch (form) {
    case Form::Lines:
      return api::parseEventLines(input.rest(), catalogue, errors);
    case Form::Structured:
      return api::parseCloudEvent(input.rest(), catalogue, errors);
    case Form::Batched:
      return api::parseCloudEventBatch(input.rest(), catalogue, errors);
    case Form::Binary:
      return parseBinary(input, catalogue, errors);
    case Form::Json:
      break;
  }
  return api::parseEvents(input.rest(), catalogue, errors);
}

}  // namespace

/// POST /events: the first byte chooses the form. Events are taken whole or refused with a reason.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Catalogue catalogue(builtinChangeTypes());
  fuzz::Input input(data, size);
  const auto form = kForms.at(input.byte() % kForms.size());
  api::InputErrors errors;
  const auto events = parse(form, input, catalogue, errors);
  fuzz::require(events.has_value() == errors.empty(), "there are events or errors");
  if (!events) return 0;
  fuzz::require(events->size() <= api::kMaxEvents, "at most 1,000 events");
  for (const auto& event : *events) requireSound(event, catalogue, form != Form::Json && form != Form::Lines);
  return 0;
}
