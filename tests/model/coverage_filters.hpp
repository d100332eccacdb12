#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lull::model {

/// Where a filter decides whether its endpoint is told.
enum class Judged : std::uint8_t {
  Fire,    ///< a window, at a debounced endpoint
  Turned,  ///< a window, at an endpoint that was debounced when it began
  Fan,     ///< an event of the stream
  Promotion,
  Claim,
  Settle,  ///< a message is to wait again
  Burial,  ///< a message that fails stops its endpoint, unless nobody wants it any more
  LetterRetry,
};
inline constexpr std::size_t kJudged = static_cast<std::size_t>(Judged::LetterRetry) + 1;

/// What became of it.
enum class Verdict : std::uint8_t {
  Refused,
  Passes,
  Unjudged,  ///< a window that does not know what its events were, or a message of several events
};
inline constexpr std::size_t kVerdicts = static_cast<std::size_t>(Verdict::Unjudged) + 1;

/// How often the filters of endpoints that have one came to each verdict. Not thread-safe.
class FilterCoverage {
 public:
  void met(Judged where, Verdict verdict) {
    ++counts_[static_cast<std::size_t>(where)][static_cast<std::size_t>(verdict)];
  }
  void add(const FilterCoverage& other);
  std::string table() const;
  /// What can happen and happened less than `least` times.
  std::vector<std::string> holes(std::uint64_t least) const;

 private:
  std::array<std::array<std::uint64_t, kVerdicts>, kJudged> counts_{};
};

}  // namespace lull::model
