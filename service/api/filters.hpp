#pragma once

#include "input_errors.hpp"
#include "object_reader.hpp"
#include "query.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// Filters that several lists and bulk calls share.
namespace lull::api {

/// The one bit that `changeType` names; anything else is noted. It need not be in the catalogue: what is of a type that
/// was removed from it can still be found and purged.
std::optional<std::uint32_t> changeTypeFilter(const Query& query, InputErrors& errors);
std::optional<std::uint32_t> changeTypeFilter(const ObjectReader& body);

inline constexpr int kLeastStatus = 100;
inline constexpr int kMostStatus = 599;
inline constexpr std::size_t kMostIds = 1000;

/// Optional text filters of a query: an empty text is noted, as it would match everything.
std::optional<std::string> textFilter(const Query& query, std::string_view name, InputErrors& errors);

/// A bulk call without any filter must say `all: true`: forgetting one shall not touch everything.
void requireAllOrFilter(const ObjectReader& body, bool filterIsEmpty, InputErrors& errors);

}  // namespace lull::api
