#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lull {

/// What happened to the item: the part of an event that filters and formats can tell apart.
enum class Operation : std::uint8_t { Create, Update, Delete };

/// What an internal event says by its name: "…Created" create, "…Deleted" delete, everything else update.
Operation operationByName(std::string_view eventType);

std::string_view toString(Operation operation);  ///< "create", "update", "delete"
std::optional<Operation> parseOperation(std::string_view text);

}  // namespace lull
