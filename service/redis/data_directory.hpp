#pragma once

#include "descriptor.hpp"

#include <lull/domain/result.hpp>
#include <lull/redis/connection.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace lull::redis {

/// Makes the directory (mode 0700) when it is missing and returns its absolute path. An error names
/// Redis:DataDirectory.
Result<std::filesystem::path> prepareDataDirectory(const std::filesystem::path& directory);

/// Takes the flock on the file, which is made when it is missing. Empty when another process holds it. The lock is held
/// until the last copy of the descriptor is closed, so a child that inherits the descriptor holds it, too. Closed on
/// exec.
Result<std::optional<Descriptor>> tryLock(const std::filesystem::path& file);

/// The server's socket in the directory. `handle` gets the directory's descriptor when the address goes through it,
/// because the path alone is too long for a socket.
Result<Address> socketAddress(const std::filesystem::path& directory, Descriptor& handle);

/// Writes our process id into the lock file, for the error message of a Lull that finds the lock taken.
Status writeOwner(const Descriptor& lock, const std::filesystem::path& file);

/// The number that a file holds, 0 when it holds none.
pid_t readPid(const std::filesystem::path& file);

}  // namespace lull::redis
