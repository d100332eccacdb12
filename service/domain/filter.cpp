#include <lull/domain/filter.hpp>

#include <algorithm>

namespace lull {

namespace {

template <class T>
bool lists(const std::vector<T>& entries, const T& one) {
  return entries.empty() || std::ranges::find(entries, one) != entries.end();
}

bool passesFields(const Filter& filter, const Event& event) {
  if (filter.fields.empty() || event.operation != Operation::Update || !event.changedFields) return true;
  return std::ranges::any_of(*event.changedFields, [&](const auto& name) { return lists(filter.fields, name); });
}

}  // namespace

FilterPart refusedBy(const Filter& filter, const Event& event) {
  if (!lists(filter.events, event.type)) return FilterPart::Events;
  if (!lists(filter.operations, event.operation)) return FilterPart::Operations;
  if (!passesFields(filter, event)) return FilterPart::Fields;
  if (!lists(filter.scopes, event.scope)) return FilterPart::Scopes;
  return FilterPart::None;
}

}  // namespace lull
