#pragma once

#include <lull/domain/event.hpp>
#include <lull/domain/operation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lull {

/// Which events an endpoint wants, beyond the bits of their change types. The entries of a list are alternatives, and
/// an event has to pass every list; an empty list lets all pass.
struct Filter {
  static constexpr std::size_t kMostEntries = 100;     ///< of one list
  static constexpr std::size_t kMostBytes = 8192;      ///< of all entries together
  static constexpr std::size_t kMostCharacters = 100;  ///< of a field or scope

  std::vector<std::string> events;  ///< internal event types
  std::vector<Operation> operations;
  /// Creates and deletes pass, and updates that changed one of these or do not say what they changed.
  std::vector<std::string> fields;
  std::vector<std::string> scopes;  ///< only events with one of them pass

  bool operator==(const Filter&) const = default;

  bool listsNothing() const { return events.empty() && operations.empty() && fields.empty() && scopes.empty(); }
};

/// The parts of a filter, in the order in which they are judged.
enum class FilterPart : std::uint8_t { None, Events, Operations, Fields, Scopes };

/// The first part of the filter that does not let the event pass; None when it passes. The scripts judge alike
/// (lib/facts.lua); this is for what is decided without the store.
FilterPart refusedBy(const Filter& filter, const Event& event);

}  // namespace lull
