#include "model/coverage_filters.hpp"

#include <iomanip>
#include <sstream>
#include <string_view>

namespace lull::model {

namespace {

constexpr std::array<std::string_view, kJudged> kJudgedNames{"fire",  "turned", "fan",    "promotion",
                                                             "claim", "settle", "burial", "letter-retry"};
constexpr std::array<std::string_view, kVerdicts> kVerdictNames{"refused", "passes", "unjudged"};

// An event is always judged. What else of a message of several events may happen is the same as at its claim.
bool canBe(Judged where, Verdict verdict) {
  return verdict != Verdict::Unjudged || where == Judged::Fire || where == Judged::Turned || where == Judged::Claim;
}

}  // namespace

void FilterCoverage::add(const FilterCoverage& other) {
  for (std::size_t j = 0; j < kJudged; ++j)
    for (std::size_t v = 0; v < kVerdicts; ++v) counts_[j][v] += other.counts_[j][v];
}

std::string FilterCoverage::table() const {
  constexpr int kFirst = 28;
  std::ostringstream out;
  for (std::size_t j = 0; j < kJudged; ++j) {
    out << std::left << std::setw(kFirst) << ("filter at " + std::string(kJudgedNames[j])) << std::right;
    for (std::size_t v = 0; v < kVerdicts; ++v) out << ' ' << kVerdictNames[v] << ' ' << counts_[j][v];
    out << '\n';
  }
  return out.str();
}

std::vector<std::string> FilterCoverage::holes(std::uint64_t least) const {
  std::vector<std::string> holes;
  for (std::size_t j = 0; j < kJudged; ++j)
    for (std::size_t v = 0; v < kVerdicts; ++v)
      if (counts_[j][v] < least && canBe(static_cast<Judged>(j), static_cast<Verdict>(v)))
        holes.push_back("filter at " + std::string(kJudgedNames[j]) + ", " + std::string(kVerdictNames[v]) + ": " +
                        std::to_string(counts_[j][v]));
  return holes;
}

}  // namespace lull::model
