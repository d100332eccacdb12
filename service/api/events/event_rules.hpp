#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/event.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What the parts of an event may hold, whatever form it arrives in. Pure functions.
namespace lull::api {

inline constexpr std::size_t kMaxEvents = 1000;
inline constexpr std::size_t kMaxEventData = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxEventIdCharacters = 200;
inline constexpr std::size_t kMaxScopeCharacters = 100;
inline constexpr std::size_t kMaxChangedFields = 200;
inline constexpr std::size_t kMaxFieldNameCharacters = 100;

inline constexpr std::string_view kTooManyEvents = "At most 1,000 events fit into one request.";
inline constexpr std::string_view kTimeForm = "It must be an RFC 3339 time such as 2026-11-23T21:19:06Z.";
inline constexpr std::string_view kOperationForm = "It must be create, update or delete.";

/// The sentence that says what is wrong with a value; nullopt: nothing is.
using Fault = std::optional<std::string>;

/// Each of these moves `value`, which is valid UTF-8, to where it belongs, or leaves that as it was and says why.
Fault readType(std::string& value, const Catalogue& catalogue, Event& event);
Fault readItemId(std::string& value, ItemId& id);
Fault readEventId(std::string& value, Event& event);
Fault readTraceparent(std::string& value, Event& event);
Fault readScope(std::string& value, Event& event);
Fault readOccurredAt(std::string_view value, Event& event);
Fault readOperation(std::string_view value, std::optional<Operation>& operation);
Fault readData(std::string_view json, Event& event);

/// Whether the name of a changed field has a length that is allowed.
bool isFieldName(std::string_view name);

/// What happened to the item: as the event says, else as the catalogue says of its type.
Operation operationOf(const Event& event, std::optional<Operation> given, const Catalogue& catalogue);

}  // namespace lull::api
