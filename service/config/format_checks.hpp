#pragma once

#include "checks.hpp"

namespace lull::config {

/// Reports everything that is wrong with the section Formats: what is missing, names that are taken, and each mistake
/// in a body with its place and the nearest known word.
void checkFormats(Checks& checks);

}  // namespace lull::config
