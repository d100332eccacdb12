#pragma once

#include "input_errors.hpp"

#include <lull/domain/change_type.hpp>
#include <lull/domain/filter.hpp>
#include <lull/http/response.hpp>

namespace lull::api {

/// Reads the member `filter` of a registration; notes what is wrong with it, with the nearest name for one that is not
/// known. Event types that `stored` lists are known, also when the catalogue has lost them.
Filter readFilter(const http::Json& json, const Catalogue& catalogue, const Filter* stored, InputErrors& errors);

/// As clients see it: the lists that it has; null when it has none.
http::Json filterJson(const Filter& filter);

}  // namespace lull::api
