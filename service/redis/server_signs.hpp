#pragma once

#include <lull/redis/connection.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

/// What can be learnt of a redis-server from outside: its answer, the end of its log, its disk.
namespace lull::redis {

enum class Answer { None, Loading, Ready };

/// Asks the server whether it is there. `pid` gets the process id that it gives. Blocks for a second at most.
Answer ask(const Address& address, pid_t& pid);

/// In bytes; 0 for a file that does not exist.
std::uintmax_t sizeOf(const std::filesystem::path& file);

/// The last lines that redis-server wrote behind the byte `from` of its log, in one line.
std::string lastWords(const std::filesystem::path& log, std::uintmax_t from);

/// Whether the disk of that directory has no room left.
bool diskFull(const std::filesystem::path& directory);

}  // namespace lull::redis
