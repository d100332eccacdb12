#include <lull/redis/firing_at_once.hpp>

#include <algorithm>
#include <utility>

namespace lull::redis {

namespace {

// As many as the debounce loop leases of one endpoint at once (kMostOfOne in debounce_loop.cpp).
constexpr std::size_t kMost = 32;

}  // namespace

std::optional<FiringAtOnce::Firing> FiringAtOnce::begin(std::uint32_t changeTypes, std::size_t events) {
  const auto known = subscribers_.subscribers();
  const auto takers = std::ranges::count_if(
      known->subscribers, [&](const ports::Subscriber& one) { return (one.changeTypes & changeTypes) != 0; });
  const auto most = events * static_cast<std::size_t>(takers);
  if (most == 0 || most > kMost) return std::nullopt;
  auto permits = departures_.reserveFew(static_cast<std::uint32_t>(most));
  if (permits.most < most) {
    departures_.depart(permits, {});
    return std::nullopt;
  }
  permits.paced = permits.paced && known->uniform;
  return Firing{windows_.fireCall(clock_.now(), *known, changeTypes, permits), permits};
}

std::optional<FiringAtOnce::Fired> FiringAtOnce::ended(const Firing& firing, const Reply* reply) {
  std::optional<ports::FireOutcome> fired;
  // What refuses it meets the debounce loop as well, which mends it.
  if (reply != nullptr && !reply->isError() && !Shard::mendable(*reply)) {
    if (auto outcome = windows_.firedBy(firing.call, *reply)) fired = *std::move(outcome);
  }
  departures_.depart(firing.permits, fired ? std::move(fired->leased) : ports::ClaimBatch{});
  if (!fired) return std::nullopt;
  return Fired{fired->next};
}

}  // namespace lull::redis
