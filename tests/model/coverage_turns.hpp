#pragma once

#include "model/reference.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace lull::model {

/// What became of calls that lease in the same step as they fire windows or settle attempts. Not thread-safe.
class TurnCoverage {
 public:
  /// A call that fired with permits.
  void fired(const FireCount& outcome);
  /// A call that settled and was to claim what is next.
  void settled(const std::vector<ports::Settlement>& settlements, const std::vector<ExpectedClaim>& claimed);
  void add(const TurnCoverage& other);
  std::string table() const;
  /// What can happen and happened less than `least` times.
  std::vector<std::string> holes(std::uint64_t least) const;

 private:
  static constexpr std::size_t kActions = static_cast<std::size_t>(ports::SettleAction::Hold) + 1;
  struct Line {
    std::string name;
    std::uint64_t times = 0;
  };
  std::vector<Line> lines() const;

  std::array<std::uint64_t, kDepartures> departures_{};
  std::array<std::uint64_t, kActions> withClaims_{};  // of the endpoint that was settled
  std::array<std::uint64_t, kActions> withoutClaims_{};
};

}  // namespace lull::model
