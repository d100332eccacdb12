#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What every target shares. A target is one file, one function: it crashes when a promise does not hold.
namespace lull::fuzz {

/// Ends the process, which is how libFuzzer learns of a finding.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// One input, of which a target may take a few bytes to choose by before it reads the rest as text.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  unsigned byte() {
    const auto bytes = take(1);
    return bytes.empty() ? 0U : static_cast<unsigned char>(bytes.front());
  }
  std::string_view take(std::size_t size) {
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// Up to the next line feed, which is taken, too.
  std::string_view line() {
    const auto end = rest_.find('\n');
    const auto taken = take(end == std::string_view::npos ? rest_.size() : end);
    take(1);
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace lull::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
