#pragma once

#include "checks.hpp"

namespace lull::config {

/// Checks who may call: refuses anonymous access that nobody asked for, and modes that lack a setting.
void checkAuthentication(Checks& checks);

/// Refuses plain-text secrets in an external Redis in Production.
void checkEncryption(Checks& checks);

}  // namespace lull::config
