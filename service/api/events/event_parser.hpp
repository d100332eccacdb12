#pragma once

#include "events/event_rules.hpp"
#include "input_errors.hpp"

#include <lull/domain/change_type.hpp>
#include <lull/domain/event.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace lull::api {

/// Reads one event or an array of up to 1,000, in one pass and without a tree. nullopt when an error was noted; all
/// events are checked even then.
std::optional<std::vector<Event>> parseEvents(std::string_view json, const Catalogue& catalogue, InputErrors& errors);

/// Reads exactly one event.
std::optional<Event> parseEvent(std::string_view json, const Catalogue& catalogue, InputErrors& errors);

/// Reads one event per line (application/x-ndjson), skipping empty lines. Pointers begin with the line, counted from 0.
std::optional<std::vector<Event>> parseEventLines(std::string_view lines, const Catalogue& catalogue,
                                                  InputErrors& errors);

}  // namespace lull::api
