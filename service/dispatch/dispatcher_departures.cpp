#include <lull/dispatch/dispatcher.hpp>

#include <algorithm>
#include <utility>

/// Messages that come to the dispatcher without its loop: leased by calls that settle attempts or fire windows.
namespace lull::dispatch {

namespace {

// A process with fewer slots never holds windows back until there are some.
constexpr std::size_t kLeastPaced = 64;
// One in so many slots of an endpoint may be held by a success that this process has not settled yet.
constexpr std::size_t kHeldOfSlots = 4;
// An attempt that ends with its time-out has at least so much of its lease left for its settlement.
constexpr std::chrono::milliseconds kLeastMargin = 20 * Settler::kHeldFor;

}  // namespace

void Dispatcher::tell(const std::vector<EndpointId>& ready, const std::optional<Instant>& nextWake) {
  bool wakes = !ready.empty();
  if (wakes) settler_.hasten();
  {
    auto told = told_.lock();
    told->at = SteadyClock::now();
    told->ready.insert(ready.begin(), ready.end());
    if (nextWake) {
      told->nextWake = told->nextWake ? std::min(*told->nextWake, *nextWake) : nextWake;
      wakes = wakes || *nextWake < told->planned;
    }
  }
  if (wakes) wake_.notify();
}

// Messages that have waited for a slot were claimed, so more of them may wait for slots whose attempts have ended
// already and are not settled yet.
void Dispatcher::noteBacklogs(const std::vector<ports::Settlement>& ended, const std::vector<Claim>& claims) {
  {
    auto backlogged = backlogged_.lock();
    for (const auto& settlement : ended) backlogged->erase(settlement.endpoint);
    for (const auto& claim : claims) backlogged->insert(claim.endpoint);
  }
  if (!claims.empty()) settler_.hasten();
}

// Nobody waits for a success whose endpoint has no backlog, unless its slot may be the last one of its endpoint, or the
// message behind it in its lane waits for it. Whoever comes to wait a moment later waits for Settler::kHeldFor at most.
Haste Dispatcher::hasteOf(const ports::Settlement& settlement, const Endpoint& endpoint) {
  const auto& registration = endpoint.registration;
  const auto slots = registration.maxConcurrency.value_or(settings_.maxPerEndpoint);
  const bool mayWait = settlement.action == ports::SettleAction::Complete && !settlement.probe &&
                       registration.telling.delivery == Delivery::Debounced &&
                       slots >= kHeldOfSlots * Settler::kMostHeld && settings_.leaseMargin >= kLeastMargin &&
                       !awaitsRoom_ && !backlogged_.lock()->contains(settlement.endpoint);
  return mayWait ? Haste::MayWait : Haste::Now;
}

void Dispatcher::giveSlotsBack(std::size_t slots) {
  slots_.unreserve(slots);
  if (awaitsAttempt_.exchange(false)) wake_.notify();
}

NextClaims::Asked Dispatcher::ask(const std::vector<ports::Settlement>& ending) {
  Asked asked{{}, SteadyClock::now()};
  if (!mayHold()) return asked;
  std::set<EndpointId> endpoints;
  for (const auto& settlement : ending) endpoints.insert(settlement.endpoint);
  asked.request.most = static_cast<std::uint32_t>(slots_.reserve(kMostClaims, asked.since));
  if (asked.request.most == 0) return asked;
  const auto snapshot = ports_.registry.cached();
  const auto share = std::clamp<std::size_t>(asked.request.most / endpoints.size(), 1, kMostOfOne);
  for (const auto& id : endpoints) asked.request.limits.push_back(limitOf(*snapshot, id, share, asked.since));
  return asked;
}

void Dispatcher::settled(const std::vector<ports::Settlement>& ended, const Asked& asked, ports::ClaimBatch next) {
  for (const auto& settlement : ended) {
    auto token = settlement.token;
    if (aloneToken_.compare_exchange_strong(token, 0)) wake_.notify();
  }
  noteBacklogs(ended, next.claims);
  if (next.reclaimed > 0) ports_.meter.leasesReclaimed(next.reclaimed);
  tell(next.ready, next.nextWake);
  startAll(std::move(next.claims), next.registryRevision, asked.since);
  giveSlotsBack(asked.request.most);
  ++settledCalls_;
  if (awaitsRoom_.exchange(false)) room_.notify();
}

void Dispatcher::notSettled(const Asked& asked) {
  giveSlotsBack(asked.request.most);
}

ports::Permits Dispatcher::reserve() {
  roomSeen_ = settledCalls_.load();
  return reserveFew(static_cast<std::uint32_t>(settings_.maxConcurrency));
}

ports::Permits Dispatcher::reserveFew(std::uint32_t most) {
  ports::Permits permits{.inFlight = settings_.maxPerEndpoint,
                         .timeout = settings_.timeout,
                         .leaseMargin = settings_.leaseMargin,
                         .since = SteadyClock::now()};
  if (!mayHold()) return permits;
  permits.most = static_cast<std::uint32_t>(slots_.reserve(most, permits.since));
  permits.paced = settings_.maxConcurrency >= kLeastPaced;
  return permits;
}

void Dispatcher::giveBack(const ports::Permits& permits) {
  if (permits.most > 0) giveSlotsBack(permits.most);
}

void Dispatcher::depart(const ports::Permits& permits, ports::ClaimBatch leased) {
  // Also when an attempt cannot be started: slots that are held for ever would be missing for ever.
  struct Held {
    Dispatcher& dispatcher;
    const ports::Permits& permits;
    ~Held() { dispatcher.giveBack(permits); }
  } const held{*this, permits};
  tell(leased.ready, leased.nextWake);
  startAll(std::move(leased.claims), leased.registryRevision, permits.since);
}

bool Dispatcher::awaitRoom(std::chrono::nanoseconds most) {
  awaitsRoom_ = true;
  settler_.hasten();
  if (settledCalls_ == roomSeen_ && !stopping_) room_.wait(most);
  awaitsRoom_ = false;
  return settledCalls_ != roomSeen_;
}

}  // namespace lull::dispatch
