#pragma once

#include "layer.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace lull::config {

/// Reads a whole file of at most 4 MiB as UTF-8; a byte order mark at its start is no part of the text. A file that
/// cannot be read, or is in another encoding, is a problem that names the file. Blocks.
std::optional<std::string> readTextFile(const std::filesystem::path& path, Findings& findings);

}  // namespace lull::config
