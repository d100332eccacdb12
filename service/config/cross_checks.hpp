#pragma once

#include "bind.hpp"

namespace lull::config {

/// Fills in the values that depend on others (Redis:Mode, Redis address, Debouncing:MaxWait) and reports what
/// contradicts itself. A check is left out when one of its keys is invalid by itself.
void resolveAndCheck(Bound& bound, Findings& findings);

}  // namespace lull::config
