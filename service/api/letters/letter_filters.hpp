#pragma once

#include "object_reader.hpp"
#include "query.hpp"

#include <lull/domain/dead_letter.hpp>

#include <optional>
#include <string>
#include <string_view>

/// Reads the filters of dead letters, which lists, bulk calls, groups and jobs share.
namespace lull::api {

DeadLetterFilter letterFilterOf(const Query& query, InputErrors& errors);
DeadLetterFilter letterFilterOf(const ObjectReader& body);

/// Notes a word that is none.
std::optional<DeathReason> reasonOf(const Query& query, InputErrors& errors);

}  // namespace lull::api
