#include "endpoints/telling_input.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace lull::api {

namespace {

constexpr std::int64_t kMostPosition = 2'147'483'647;

/// Whether `into` has what the body says, which is its default when the body says nothing.
template <class Enum>
bool choose(const ObjectReader& reader, std::string_view name, std::optional<Enum> (*parse)(std::string_view),
            Enum& into, std::string_view allowed) {
  if (reader.find(name) == nullptr) return true;
  const auto given = reader.text(name);
  if (!given) return false;
  const auto value = parse(*given);
  if (value) {
    into = *value;
  } else {
    reader.note(name, "It must be " + std::string(allowed) + ".");
  }
  return value.has_value();
}

}  // namespace

Telling readTelling(const ObjectReader& reader, InputErrors& errors) {
  Telling telling;
  bool all = choose(reader, "delivery", parseDelivery, telling.delivery, "debounced, every or sync");
  all = choose(reader, "order", parseOrder, telling.order, "item, endpoint or none") && all;
  all = choose(reader, "onFailure", parseOnFailure, telling.onFailure, "skip or stop") && all;
  all = choose(reader, "results", parseResults, telling.results, "status or body") && all;
  if (const auto position = reader.number("position", 0, kMostPosition)) {
    telling.position = static_cast<std::uint32_t>(*position);
  }
  if (!all) return telling;
  if (telling.delivery != Delivery::Sync && reader.find("position") != nullptr) {
    reader.note("position", "Only endpoints with delivery sync have a position.");
  }
  for (auto& fault : faultsOf(telling)) errors.add(std::move(fault.pointer), std::move(fault.detail));
  return telling;
}

}  // namespace lull::api
