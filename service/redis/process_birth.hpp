#pragma once

#include <sys/types.h>

#include <string>

namespace lull::redis {

/// When the process was started, in the kernel's words: tells it from a later one with the same id. Empty when there is
/// no such process or only its zombie.
std::string birthOf(pid_t pid);

}  // namespace lull::redis
