#pragma once

#include "checks.hpp"

namespace lull::config {

/// Each source has what its type needs, and a name of its own.
void checkSources(Checks& checks);

}  // namespace lull::config
