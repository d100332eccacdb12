#include <lull/redis/firing_at_once.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace lull::redis {

namespace {

// As many as the debounce loop leases of one endpoint at once (kMostOfOne in debounce_loop.cpp).
constexpr std::size_t kMost = 32;
// As long as the debounce loop lets windows wait for room (kMostHeld there).
constexpr std::chrono::milliseconds kRest{25};

}  // namespace

FiringAtOnce::Firing::Firing(ports::Departures& departures, std::uint32_t most)
    : departures_(&departures), permits_(departures.reserveFew(most)) {}

FiringAtOnce::Firing::Firing(Firing&& other) noexcept
    : departures_(std::exchange(other.departures_, nullptr)), permits_(other.permits_), call_(std::move(other.call_)) {}

FiringAtOnce::Firing::~Firing() {
  if (departures_ != nullptr) departures_->giveBack(permits_);
}

std::optional<FiringAtOnce::Firing> FiringAtOnce::begin(std::uint32_t changeTypes, std::size_t events) {
  if (SteadyClock::now().time_since_epoch().count() < restsUntil_) return std::nullopt;
  const auto known = subscribers_.subscribers();
  const auto takers = std::ranges::count_if(
      known->subscribers, [&](const ports::Subscriber& one) { return (one.changeTypes & changeTypes) != 0; });
  const auto most = events * static_cast<std::size_t>(takers);
  if (most == 0 || most > kMost) return std::nullopt;
  Firing firing(departures_, static_cast<std::uint32_t>(most));
  auto& permits = firing.permits_;
  if (permits.most < most) return std::nullopt;
  permits.paced = permits.paced && known->uniform;
  firing.call_ = windows_.fireCall(clock_.now(), *known, changeTypes, permits, most);
  return firing;
}

FiringAtOnce::Fired FiringAtOnce::ended(Firing firing, const Reply& reply) {
  try {
    return startFired(firing, reply);
  } catch (const std::exception& failure) {
    runtime::log(runtime::LogLevel::Error, "Lull.Delivery", "what an admission fired could not be started",
                 {{"error", failure.what()}});
    return {};
  }
}

FiringAtOnce::Fired FiringAtOnce::startFired(Firing& firing, const Reply& reply) {
  // What refuses it meets the debounce loop as well, which the admission wakes and which mends it.
  if (reply.isError() || Shard::mendable(reply)) return {};
  auto fired = windows_.firedBy(*firing.call_, reply);
  if (!fired) return {};
  const bool leftSome = fired->next && fired->next->at <= clock_.now();
  if (fired->held || leftSome) restsUntil_ = (SteadyClock::now() + kRest).time_since_epoch().count();
  std::exchange(firing.departures_, nullptr)->depart(firing.permits_, std::move(fired->leased));
  return {true, fired->next};
}

}  // namespace lull::redis
