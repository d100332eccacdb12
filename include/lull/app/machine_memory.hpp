#pragma once

#include <cstdint>
#include <filesystem>

namespace lull::app {

/// Bytes of memory that this process may use: the machine's, or the lowest limit of its control groups (version 2 or 1)
/// where that is less. 0 when neither can be read. `root` is "/" but in tests.
std::uint64_t usableMemory(const std::filesystem::path& root = "/");

}  // namespace lull::app
