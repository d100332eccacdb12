#pragma once

#include <lull/domain/event.hpp>
#include <lull/domain/filter.hpp>
#include <lull/domain/message.hpp>

#include <string>
#include <string_view>

/// What filters are judged by, and filters, in the packed form that the scripts read (lib/facts.lua).
namespace lull::redis {

std::string packFacts(const Event& event);
/// Type, operation, scope and changed fields of one event, into a payload. Throws UnreadableValue (packing.hpp).
void readFacts(std::string_view packed, Payload& into);

/// Of a filter that lists nothing: empty.
std::string packFilter(const Filter& filter);
/// Throws UnreadableValue.
Filter readFilter(std::string_view packed);

}  // namespace lull::redis
