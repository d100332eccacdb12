#include "model/coverage_turns.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <string_view>

namespace lull::model {

namespace {

constexpr std::array<std::string_view, kDepartures> kDepartureNames{
    "leased", "paused", "parked", "open", "swept", "lease-lost", "due-earlier", "queued", "full", "no-permit", "held"};
constexpr std::array<std::string_view, 7> kActionNames{"complete", "reschedule", "set-aside", "park",
                                                       "bury",     "release",    "hold"};

}  // namespace

void TurnCoverage::fired(const FireCount& outcome) {
  for (std::size_t i = 0; i < kDepartures; ++i) departures_[i] += outcome.departures[i];
}

void TurnCoverage::settled(const std::vector<ports::Settlement>& settlements,
                           const std::vector<ExpectedClaim>& claimed) {
  for (const auto& settlement : settlements) {
    const bool some = std::any_of(claimed.begin(), claimed.end(),
                                  [&](const auto& claim) { return claim.endpoint == settlement.endpoint; });
    ++(some ? withClaims_ : withoutClaims_)[static_cast<std::size_t>(settlement.action)];
  }
}

void TurnCoverage::add(const TurnCoverage& other) {
  for (std::size_t i = 0; i < kDepartures; ++i) departures_[i] += other.departures_[i];
  for (std::size_t i = 0; i < kActions; ++i) withClaims_[i] += other.withClaims_[i];
  for (std::size_t i = 0; i < kActions; ++i) withoutClaims_[i] += other.withoutClaims_[i];
}

std::vector<TurnCoverage::Line> TurnCoverage::lines() const {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < kDepartures; ++i)
    lines.push_back({"fired: " + std::string(kDepartureNames[i]), departures_[i]});
  for (std::size_t i = 0; i < kActions; ++i) {
    // A settlement that comes too late neither parks nor pauses its endpoint, so that may give something.
    lines.push_back({"next after " + std::string(kActionNames[i]), withClaims_[i]});
    lines.push_back({"nothing after " + std::string(kActionNames[i]), withoutClaims_[i]});
  }
  return lines;
}

std::string TurnCoverage::table() const {
  constexpr int kFirst = 28;
  std::ostringstream out;
  for (const auto& line : lines())
    out << std::left << std::setw(kFirst) << line.name << std::right << ' ' << line.times << '\n';
  return out.str();
}

std::vector<std::string> TurnCoverage::holes(std::uint64_t least) const {
  std::vector<std::string> holes;
  for (const auto& line : lines())
    if (line.times < least) holes.push_back(line.name + ": " + std::to_string(line.times));
  return holes;
}

}  // namespace lull::model
