#pragma once

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>

namespace lull::conformance {

/// How far this process's resident memory has risen above what it was at construction, at its peak. The kernel keeps
/// one peak per process, so only one of these is of use at a time.
class Footprint {
 public:
  Footprint() {
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew (proc(5))
    start_ = kibibytes("VmRSS:");
  }
  std::size_t growthKiB() const { return std::max(kibibytes("VmHWM:"), start_) - start_; }

 private:
  static std::size_t kibibytes(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::size_t value = 0;
      if (word == key && status >> value) return value;
    }
    return 0;
  }

  std::size_t start_ = 0;
};

}  // namespace lull::conformance
