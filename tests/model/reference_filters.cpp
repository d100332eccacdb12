#include "model/reference.hpp"

#include <algorithm>

/// Filters, as docs/filters.md describes them: an event is judged by itself, a window by what is known of its events.
namespace lull::model {

namespace {

template <class T>
bool listsOneOf(const std::vector<T>& entries, const std::set<T>& known) {
  return entries.empty() || std::ranges::any_of(entries, [&](const T& one) { return known.contains(one); });
}

// Says so when one of the events may pass. It does not know which type came with which scope.
bool mayPass(const Filter& filter, const FactsModel& known) {
  const bool notOnlyUpdates =
      known.operations.contains(Operation::Create) || known.operations.contains(Operation::Delete);
  return (known.anyType || listsOneOf(filter.events, known.types)) && listsOneOf(filter.operations, known.operations) &&
         (known.anyScope || listsOneOf(filter.scopes, known.scopes)) &&
         (known.anyField || notOnlyUpdates || listsOneOf(filter.fields, known.fields));
}

// What a window knows is bounded. A text takes two bytes more than it has.
std::size_t sizeOf(const FactsModel& known) {
  std::size_t size = 2;
  for (const auto* texts : {&known.types, &known.scopes, &known.fields})
    for (const auto& text : *texts) size += text.size() + 2;
  return size;
}

void learn(FactsModel& known, std::set<std::string>& texts, bool& any, const std::string& text) {
  constexpr std::size_t kMostFields = 256;
  constexpr std::size_t kMostBytes = 8192;
  if (any || texts.contains(text)) return;
  const bool isOver = &texts == &known.fields && texts.size() >= kMostFields;
  any = isOver || sizeOf(known) + text.size() + 2 > kMostBytes;
  if (!any) texts.insert(text);
}

}  // namespace

void Reference::keepFilter(EndpointModel& endpoint, const Change& as) {
  endpoint.filter = as.filter;
  if (!as.filter.listsNothing()) state_.filtered |= as.mask;
}

void Reference::learn(WindowModel& window, const Event& event, bool opened) const {
  if (opened && (state_.filtered & event.changeType) != 0) window.facts.emplace();
  if (!window.facts) return;
  auto& known = *window.facts;
  known.operations.insert(event.operation);
  model::learn(known, known.types, known.anyType, event.type);
  if (!event.scope.empty()) model::learn(known, known.scopes, known.anyScope, event.scope);
  known.anyField = known.anyField || !event.changedFields;
  if (event.changedFields)
    for (const auto& field : *event.changedFields) model::learn(known, known.fields, known.anyField, field);
}

bool Reference::lets(const EndpointModel& endpoint, const WindowModel& window, Judged where) {
  if (endpoint.filter.listsNothing()) return true;
  auto verdict = Verdict::Unjudged;
  if (window.facts) verdict = mayPass(endpoint.filter, *window.facts) ? Verdict::Passes : Verdict::Refused;
  verdicts_.met(where, verdict);
  return verdict != Verdict::Refused;
}

bool Reference::lets(const EndpointModel& endpoint, const StreamEvent& event) {
  if (endpoint.filter.listsNothing()) return true;
  const bool passes = refusedBy(endpoint.filter, events_.at(event.sequence)) == FilterPart::None;
  verdicts_.met(Judged::Fan, passes ? Verdict::Passes : Verdict::Refused);
  return passes;
}

// What a debounced endpoint has in its queue was judged when its window fired, and so were messages of several events.
Verdict Reference::verdictOf(const EndpointModel& endpoint, const MessageModel& message) const {
  if (endpoint.kind == Kind::Debounced || endpoint.filter.listsNothing()) return Verdict::Passes;
  if (message.content.events > 1) return Verdict::Unjudged;
  const bool passes = refusedBy(endpoint.filter, events_.at(message.content.winner)) == FilterPart::None;
  return passes ? Verdict::Passes : Verdict::Refused;
}

bool Reference::isWanted(const EndpointModel& endpoint, const KeyName& key, const MessageModel& message) const {
  return (endpoint.mask & changeTypeOf(itemOf(key, message))) != 0 && verdictOf(endpoint, message) != Verdict::Refused;
}

bool Reference::wants(const EndpointModel& endpoint, const KeyName& key, const MessageModel& message, Judged where) {
  const bool subscribed = (endpoint.mask & changeTypeOf(itemOf(key, message))) != 0;
  if (subscribed && endpoint.kind != Kind::Debounced && !endpoint.filter.listsNothing())
    verdicts_.met(where, verdictOf(endpoint, message));
  return isWanted(endpoint, key, message);
}

}  // namespace lull::model
