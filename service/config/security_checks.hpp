#pragma once

#include "checks.hpp"

namespace lull::config {

/// Who may call: refuses an open door that nobody asked for, and modes that lack what they need.
void checkAuthentication(Checks& checks);

/// Refuses plain-text secrets in an external Redis in Production.
void checkEncryption(Checks& checks);

}  // namespace lull::config
