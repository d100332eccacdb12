#include <lull/app/machine_memory.hpp>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace lull::app {

namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> machineMemory(const fs::path& root) {
  std::ifstream file(root / "proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  if (file >> name >> kibibytes && name == "MemTotal:") return kibibytes * 1024;
  return std::nullopt;
}

/// A file that holds one number; "max", as version 2 writes it, is no limit.
std::optional<std::uint64_t> limitIn(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t bytes = 0;
  if (in >> bytes) return bytes;
  return std::nullopt;
}

/// The lowest limit of the group and its parents. In a container its own group is the topmost one, whatever path the
/// kernel names.
std::optional<std::uint64_t> lowestLimit(const fs::path& mount, const std::string& group, const char* fileName) {
  std::optional<std::uint64_t> lowest;
  for (fs::path path(group);; path = path.parent_path()) {
    const auto limit = limitIn(mount / path.relative_path() / fileName);
    if (limit) lowest = std::min(lowest.value_or(*limit), *limit);
    if (path == path.parent_path()) return lowest;
  }
}

}  // namespace

std::uint64_t usableMemory(const fs::path& root) {
  auto least = machineMemory(root);
  const auto note = [&](const std::optional<std::uint64_t>& limit) {
    if (limit) least = std::min(least.value_or(*limit), *limit);
  };
  // One line per hierarchy, "number:controllers:path"; version 2 has the number 0 and names no controller.
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const auto path = line.substr(second + 1);
    if (controllers == ",,") note(lowestLimit(root / "sys/fs/cgroup", path, "memory.max"));
    if (controllers.find(",memory,") != std::string::npos) {
      note(lowestLimit(root / "sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
    }
  }
  return least.value_or(0);
}

}  // namespace lull::app
