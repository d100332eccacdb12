#include <lull/dispatch/dispatcher.hpp>

#include <algorithm>
#include <utility>

/// Which endpoints the dispatcher names in its next claim, in which order, and how many messages of each it asks for.
namespace lull::dispatch {

namespace {

// Each endpoint that a claim names holds Redis for some 15 µs, or for 40 µs when it has a message. A thousand endpoints
// that are not known to answer may fall due together. One claim names so many of them, then Redis can serve others.
constexpr std::size_t kMostStrangers = 12;
// The least time between two looks, each of which brings the names of ready endpoints.
constexpr std::chrono::milliseconds kLookAgain{3};

}  // namespace

// Asks for the endpoints that the last claim named as ready first, then for those that other replies have named since.
// To ask for one that has nothing costs Redis a few microseconds.
std::vector<EndpointId> Dispatcher::candidates() {
  std::vector<EndpointId> endpoints = std::exchange(ready_, {});
  std::set<EndpointId> named;
  {
    auto told = told_.lock();
    std::swap(named, told->ready);
    mustAsk_ = std::exchange(told->look, false) || mustAsk_;
    if (told->nextWake) nextWake_ = nextWake_ ? std::min(*nextWake_, *told->nextWake) : told->nextWake;
    told->nextWake.reset();
    toldAt_ = std::max(toldAt_, told->at);
  }
  for (const auto& id : endpoints) named.erase(id);
  endpoints.insert(endpoints.end(), named.begin(), named.end());
  return endpoints;
}

// The store is asked only when something may have become due of which no reply has told.
bool Dispatcher::mustLook(SteadyClock::time_point now) {
  return mustAsk_ || now - toldAt_ >= kPoll || (nextWake_ && *nextWake_ <= ports_.clock.now());
}

// A claim names the endpoints that have been ready longest, and not all of them. When most of those hang, an endpoint
// that answers can stand behind them. A look asks for many more names and claims nothing.
bool Dispatcher::look(SteadyClock::time_point now) {
  auto seen = ports_.claims.claim(ports_.clock.now(), {}, 0);
  if (!seen) {
    waitForStore(seen.error());
    return false;
  }
  backoff_.reset();
  ready_ = std::move(seen->ready);
  nextWake_ = seen->nextWake;
  mustAsk_ = false;
  toldAt_ = now;
  nextLook_ = now + kLookAgain;
  return true;
}

// Endpoints that hang must not delay those that answer. So every other turn claims only for endpoints that answer, if
// there are any. In the other turns, endpoints that have no attempt running in this process go first, in a call of
// their own whose reply names the remaining ones again. When all shared slots are taken, only these two kinds may start
// an attempt.
void Dispatcher::putFirst(std::vector<EndpointId>& endpoints, SteadyClock::time_point now) const {
  const auto others = std::stable_partition(endpoints.begin(), endpoints.end(), [&](const auto& id) {
    if (turn_ == Turn::Answering) return slots_.answers(id, now);
    return !slots_.runs(id) || (turn_ == Turn::Crowded && spare_ > 0 && slots_.answers(id, now));
  });
  if (turn_ == Turn::Crowded || others != endpoints.begin()) endpoints.erase(others, endpoints.end());
  std::size_t strangers = 0;
  const auto end = std::find_if(endpoints.begin(), endpoints.end(), [&](const auto& id) {
    if (!slots_.answers(id, now)) ++strangers;
    return strangers > kMostStrangers;
  });
  endpoints.erase(end, endpoints.end());
  if (endpoints.size() > kMostClaims) endpoints.resize(kMostClaims);
}

ports::ClaimLimit Dispatcher::limitOf(const ports::RegistrySnapshot& snapshot, const EndpointId& id, std::size_t most,
                                      SteadyClock::time_point now) const {
  const auto found = snapshot.endpoints.find(id);
  const Endpoint* const endpoint = found != snapshot.endpoints.end() ? found->second.get() : nullptr;
  auto inFlight = settings_.maxPerEndpoint;
  if (endpoint != nullptr) inFlight = endpoint->registration.maxConcurrency.value_or(inFlight);
  inFlight = std::min(inFlight, static_cast<std::uint32_t>(slots_.socketsFor(id, snapshot.endpoints.size(), now)));
  return {id, inFlight, static_cast<std::uint32_t>(most), leaseOf(endpoint)};
}

std::vector<ports::ClaimLimit> Dispatcher::limitsOf(const std::vector<EndpointId>& endpoints, std::size_t slots,
                                                    SteadyClock::time_point now) const {
  const auto snapshot = ports_.registry.cached();
  std::vector<ports::ClaimLimit> limits;
  const auto share = endpoints.empty() ? 0 : std::clamp<std::size_t>(slots / endpoints.size(), 1, kMostOfOne);
  for (const auto& id : endpoints) {
    // Beyond the shared slots an endpoint may start one attempt, or as many as are spare if it is known to answer.
    const auto beyond = slots_.answers(id, now) ? std::max<std::size_t>(1, spare_) : 1;
    const auto most = turn_ == Turn::Crowded ? std::min<std::size_t>(share, beyond) : share;
    limits.push_back(limitOf(*snapshot, id, most, now));
  }
  return limits;
}

}  // namespace lull::dispatch
