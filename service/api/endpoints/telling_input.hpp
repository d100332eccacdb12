#pragma once

#include "input_errors.hpp"
#include "object_reader.hpp"

#include <lull/domain/telling.hpp>

namespace lull::api {

/// Reads how an endpoint is told from a registration: each value alone, then whether they go together. Notes what is
/// wrong.
Telling readTelling(const ObjectReader& reader, InputErrors& errors);

}  // namespace lull::api
