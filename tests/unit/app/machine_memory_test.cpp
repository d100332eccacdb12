#include <lull/app/machine_memory.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace lull::app {
namespace {

namespace fs = std::filesystem;

/// The files of a machine with 4 GiB, below a directory of the test's own.
class MachineMemory : public ::testing::Test {
 protected:
  MachineMemory() {
    std::string pattern = "/tmp/lull-memory-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    write("proc/meminfo", "MemTotal:        4194304 kB\nMemFree:          100 kB\n");
  }
  ~MachineMemory() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

TEST_F(MachineMemory, WithoutControlGroupsItIsTheMachines) {
  EXPECT_EQ(usableMemory(root_), 4096 * kMiB);
}

TEST_F(MachineMemory, TheLowestLimitOfTheGroupAndThoseAboveItHolds) {
  write("proc/self/cgroup", "0::/pods/one\n");
  write("sys/fs/cgroup/pods/one/memory.max", "max\n");
  EXPECT_EQ(usableMemory(root_), 4096 * kMiB);
  write("sys/fs/cgroup/pods/memory.max", "536870912\n");
  EXPECT_EQ(usableMemory(root_), 512 * kMiB);
  write("sys/fs/cgroup/pods/one/memory.max", "268435456\n");
  EXPECT_EQ(usableMemory(root_), 256 * kMiB);
}

TEST_F(MachineMemory, AContainerSeesItsOwnGroupAsTheTopmostOne) {
  write("proc/self/cgroup", "0::/system.slice/of/the/host\n");
  write("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(usableMemory(root_), 512 * kMiB);
}

TEST_F(MachineMemory, TheFirstVersionOfControlGroupsIsReadToo) {
  write("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(usableMemory(root_), 4096 * kMiB) << "no limit is a very large one there";
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "536870912\n");
  EXPECT_EQ(usableMemory(root_), 512 * kMiB);
}

TEST_F(MachineMemory, NothingToReadIsZero) {
  EXPECT_EQ(usableMemory(root_ / "none"), 0U);
}

}  // namespace
}  // namespace lull::app
