#include "data_directory.hpp"

#include <lull/runtime/log.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace lull::redis {

namespace {

namespace fs = std::filesystem;

Error failure(const std::string& what, const fs::path& path, int reason) {
  return {ErrorCode::Unavailable, what + " " + path.string() + ": " + std::generic_category().message(reason) +
                                      ". Correct that, or give another directory in Redis:DataDirectory."};
}

}  // namespace

Result<fs::path> prepareDataDirectory(const fs::path& directory) {
  std::error_code reason;
  fs::path path = fs::absolute(directory, reason).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "data/" means "data"
  fs::create_directories(path.parent_path(), reason);
  if (reason) return failure("Lull cannot make the directory", path.parent_path(), reason.value());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return failure("Lull cannot make the data directory", path, errno);
  }
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return failure("Lull cannot read the data directory", path, errno);
  if (!S_ISDIR(facts.st_mode)) return failure("This is no directory:", path, ENOTDIR);
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return failure("Lull cannot write in the data directory", path, errno);
  }
  if ((facts.st_mode & S_IWOTH) != 0) {
    runtime::log(runtime::LogLevel::Warning, "Lull.Redis", "everyone on this machine can write in the data directory",
                 {{"directory", path.string()}});
  }
  return path;
}

Result<std::optional<Descriptor>> tryLock(const fs::path& file) {
  Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0) return failure("Lull cannot open its lock file", file, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return std::optional(std::move(fd));
  if (errno == EWOULDBLOCK) return std::optional<Descriptor>();
  return failure("Lull cannot lock", file, errno);
}

Result<Address> socketAddress(const fs::path& directory, Descriptor& handle) {
  Address address;
  address.unixPath = directory / "redis.sock";
  if (address.unixPath.size() < sizeof(sockaddr_un::sun_path)) return address;
  handle = Descriptor(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0) return failure("Lull cannot open the data directory", directory, errno);
  address.unixPath = "/proc/self/fd/" + std::to_string(handle.get()) + "/redis.sock";
  return address;
}

Status writeOwner(const Descriptor& lock, const fs::path& file) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return failure("Lull cannot write", file, errno);
  }
  return Done{};
}

pid_t readPid(const fs::path& file) {
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  return pid;
}

}  // namespace lull::redis
