#include <lull/redis/own_sign.hpp>
#include <lull/redis/take_over_rule.hpp>

#include <algorithm>
#include <utility>

namespace lull::redis {

namespace {

constexpr std::chrono::seconds kApart{1};
constexpr std::chrono::seconds kRenewEvery{1};

}  // namespace

std::vector<std::string> TakeOverRule::judge(const SignReading& reading) {
  auto before = std::exchange(gone_, {});
  if (reading.lapsed) {
    before.clear();
    quietUntil_ = reading.answered + OwnSign::kTtl;
  }
  std::vector<std::string> ripe;
  for (const auto& sign : reading.gone) {
    const auto known = before.find(sign);
    auto& renewal = gone_[sign];
    if (known == before.end()) continue;
    renewal = known->second.value_or(reading.answered);
    // The moments of the two renewals lie somewhere within their calls.
    if (known->second && reading.sent >= *renewal + kApart) ripe.push_back(sign);
  }
  if (reading.held || reading.sent < quietUntil_) return {};
  return ripe;
}

std::chrono::microseconds TakeOverRule::pause(const SignReading& reading) const {
  BootTime next = reading.answered + kRenewEvery;
  // A millisecond later, because the store counts in whole ones.
  if (reading.nextLapse) next = std::min<BootTime>(next, reading.answered + *reading.nextLapse + Millis{1});
  for (const auto& [sign, renewal] : gone_) {
    const auto ripe = renewal ? *renewal + kApart : reading.answered;
    if (ripe >= reading.answered) next = std::min<BootTime>(next, ripe);
  }
  return next - reading.answered;
}

}  // namespace lull::redis
