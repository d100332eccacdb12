#include "api/events/event_parser.hpp"
#include "fuzz.hpp"

#include <lull/http/response.hpp>
#include <lull/text/utf8.hpp>

namespace {

/// Numbers may be such that no double holds them.
void requireJson(const std::string& data) {
  constexpr int kNumberOutOfRange = 406;
  try {
    if (!data.empty()) static_cast<void>(lull::http::Json::parse(data));
  } catch (const lull::http::Json::exception& fault) {
    lull::fuzz::require(fault.id == kNumberOutOfRange, "data is JSON");
  }
}

}  // namespace

/// The body of POST /events: the first byte chooses JSON or NDJSON. Events are taken whole or refused with a reason.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull;
  static const Catalogue catalogue(builtinChangeTypes());
  fuzz::Input input(data, size);
  const bool lines = (input.byte() & 1U) != 0;
  api::InputErrors errors;
  const auto events =
      lines ? api::parseEventLines(input.rest(), catalogue, errors) : api::parseEvents(input.rest(), catalogue, errors);
  fuzz::require(events.has_value() == errors.empty(), "there are events or errors");
  if (!events) return 0;
  fuzz::require(events->size() <= api::kMaxEvents, "at most 1,000 events");
  for (const auto& event : *events) {
    fuzz::require(catalogue.ofValue(event.changeType) != nullptr, "the change type is known");
    fuzz::require(event.data.size() <= api::kMaxEventData, "data is bounded");
    for (const auto* id : {&event.itemId, &event.baseId}) {
      fuzz::require(id->isNumber() || (text::isUtf8(id->text()) && !id->text().empty()), "ids are valid text");
    }
    requireJson(event.data);
    fuzz::require(text::countCharacters(event.scope) <= api::kMaxScopeCharacters, "the scope is bounded");
    if (!event.changedFields) continue;
    fuzz::require(event.changedFields->size() <= api::kMaxChangedFields, "the fields are bounded");
    for (const auto& name : *event.changedFields) {
      const auto characters = text::countCharacters(name);
      fuzz::require(characters >= 1 && characters <= api::kMaxFieldNameCharacters, "a field's name is bounded");
    }
  }
  return 0;
}
