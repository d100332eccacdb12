#pragma once

#include "checks.hpp"

namespace lull::config {

/// Brokers: what belongs to one entry, unique names, and one place for user and password.
void resolveBrokers(Checks& checks);

}  // namespace lull::config
