#include "attempt_log.hpp"

#include <lull/dispatch/dispatcher.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <utility>

namespace lull::dispatch {

namespace {

// A claim whose call to Redis took longer than this is released instead of started.
constexpr Millis kMostClaimAge{1000};
// A claim names at most this many ready endpoints, so when it names as many there may be more.
constexpr std::size_t kMostNamed = 256;

}  // namespace

Dispatcher::Dispatcher(DispatchSettings settings, DispatchPorts ports, Settler& settler)
    : settings_(std::move(settings)),
      ports_(ports),
      settler_(settler),
      slots_(settings_.maxConcurrency, settings_.maxSockets),
      random_(std::random_device{}()) {
  settler_.connect(*this);
}

void Dispatcher::run() {
  while (!stopping_) turn();
  auto unsent = quarantine_.unsent();
  {
    auto suspects = suspects_.lock();
    suspects->closed = true;
    for (auto& [claim, claimedAt] : suspects->claims) unsent.push_back(std::move(claim));
  }
  for (const auto& claim : unsent) settler_.add(releaseOf(claim));
}

void Dispatcher::wake() {
  told_.lock()->look = true;
  wake_.notify();
}

void Dispatcher::stop() {
  stopping_ = true;
  wake_.notify();
  room_.notify();
}

void Dispatcher::turn() {
  // Without a sign of life nothing may be started, so nothing is claimed. It is back as soon as the store answers.
  if (!ports_.sign.lives()) {
    wake_.wait(kPoll);
    return;
  }
  const auto claimedAt = SteadyClock::now();
  takeSuspects();
  for (const auto& claim : quarantine_.surplus(claimedAt)) putBack(claim, quarantine_.rest(claimedAt));
  quarantined_ = quarantine_.active();
  if (quarantine_.active()) {
    settler_.hasten();
    quarantineTurn(claimedAt);
    return;
  }
  const auto running = slots_.runningOrReserved();
  const bool crowded = slots_.free(claimedAt) == 0;
  turn_ = crowded ? Turn::Crowded : turn_ == Turn::Answering ? Turn::Any : Turn::Answering;
  if (crowded) spare_ = slots_.freeForAnswering(claimedAt);
  const bool more = ready_.size() >= kMostNamed;
  auto endpoints = candidates();
  putFirst(endpoints, claimedAt);
  const bool hidden = crowded ? endpoints.empty() : turn_ == Turn::Answering && more;
  if ((hidden && claimedAt >= nextLook_) || (endpoints.empty() && mustLook(claimedAt))) {
    if (!look(claimedAt)) return;
    endpoints = candidates();
    putFirst(endpoints, claimedAt);
  }
  if (crowded && endpoints.empty()) return waitForAttempt(running, nextLook_ - claimedAt);
  if (endpoints.empty()) return pause();
  const auto held = slots_.reserveAny(kMostClaims, claimedAt);
  const auto beyond = crowded ? std::min(endpoints.size() + spare_, slots_.socketsLeft()) : 0;
  claimFor(endpoints, std::max(held, std::min(beyond, kMostClaims)), claimedAt, held);
}

// Claims for these endpoints and starts what that brings. `held` slots were reserved for that.
void Dispatcher::claimFor(const std::vector<EndpointId>& endpoints, std::size_t slots,
                          SteadyClock::time_point claimedAt, std::size_t held) {
  auto batch =
      ports_.claims.claim(ports_.clock.now(), limitsOf(endpoints, slots, claimedAt), static_cast<std::uint32_t>(slots));
  if (!batch) {
    slots_.unreserve(held);
    return waitForStore(batch.error());
  }
  backoff_.reset();
  ready_ = std::move(batch->ready);
  nextWake_ = batch->nextWake;
  mustAsk_ = false;
  toldAt_ = claimedAt;
  const bool nothing = batch->claims.empty();
  noteBacklogs({}, batch->claims);
  if (nothing) ports_.meter.claimInVain();
  if (batch->reclaimed > 0) ports_.meter.leasesReclaimed(batch->reclaimed);
  startAll(std::move(batch->claims), batch->registryRevision, claimedAt);
  slots_.unreserve(held);
  if (turn_ == Turn::Crowded) {
    if (nothing) ready_.clear();  // asking for the same endpoints again at once would bring nothing either
    return;
  }
  // Everything that changes after the reply to this claim wakes the loop, so there is no use in asking again before
  // that.
  if (nothing || ready_.empty()) pause();
}

void Dispatcher::waitForStore(const Error& error) {
  // An unreachable Redis is reported by other parts; only a reply that cannot be read is reported here.
  const bool away = error.code == ErrorCode::Unavailable;
  runtime::log(away ? runtime::LogLevel::Debug : runtime::LogLevel::Warning, "Lull.Delivery",
               "claims wait for the store", {{"error", error.message}});
  wake_.wait(backoff_.next());
}

// Does not wait when one of the `running` attempts has ended since they were counted: a slot is free already.
void Dispatcher::waitForAttempt(std::size_t running, std::chrono::nanoseconds most) {
  awaitsAttempt_ = true;
  if (slots_.runningOrReserved() >= running) wake_.wait(most);
  awaitsAttempt_ = false;
}

void Dispatcher::pause() {
  // Endpoints that were ready and yet gave no message are asked again, but after a pause.
  constexpr std::chrono::milliseconds kAskAgain{5};
  std::chrono::nanoseconds most = toldAt_ + kPoll - SteadyClock::now();
  if (nextWake_) most = std::min(most, ports_.clock.realTimeUntil(*nextWake_));
  if (!ready_.empty()) most = std::min<std::chrono::nanoseconds>(most, kAskAgain);
  {
    auto told = told_.lock();
    if (told->look || !told->ready.empty()) return;
    told->planned = nextWake_.value_or(Instant::max());
  }
  if (most > most.zero()) wake_.wait(most);
}

Millis Dispatcher::timeoutOf(const Endpoint& endpoint) const {
  return endpoint.registration.timeout.value_or(settings_.timeout);
}

// An endpoint that is not in the snapshot yet gets the default limits; registryAt() loads it before anything is sent.
Millis Dispatcher::leaseOf(const Endpoint* endpoint) const {
  return (endpoint != nullptr ? timeoutOf(*endpoint) : settings_.timeout) + settings_.leaseMargin;
}

// Nothing is sent under a registration that is older than the claim.
ports::SnapshotPtr Dispatcher::registryAt(std::uint64_t revision) {
  auto snapshot = ports_.registry.cached();
  if (snapshot->revision == revision) return snapshot;
  auto fresh = ports_.registry.current();
  return fresh ? *fresh : nullptr;
}

void Dispatcher::startAll(std::vector<Claim> claims, std::uint64_t revision, SteadyClock::time_point claimedAt) {
  if (claims.empty()) return;
  const auto snapshot = registryAt(revision);
  for (auto& claim : claims) {
    if (!snapshot) {
      settler_.add(releaseOf(claim));
      continue;
    }
    const auto found = snapshot->endpoints.find(claim.endpoint);
    // The messages of a deleted endpoint were deleted with it, so there is nothing to settle.
    if (found == snapshot->endpoints.end()) {
      backlogged_.lock()->erase(claim.endpoint);
      continue;
    }
    if (!Quarantine::isSuspect(claim) || claim.poisoned || claim.expired)
      start(std::move(claim), found->second, claimedAt);
    else
      suspect(std::move(claim), claimedAt);
  }
}

void Dispatcher::start(Claim claim, const std::shared_ptr<const Endpoint>& endpoint,
                       SteadyClock::time_point claimedAt) {
  if (claim.expired || claim.poisoned) {
    const auto reason = claim.expired ? DeathReason::Expired : DeathReason::Poisoned;
    logBurial(claim, *endpoint, reason);
    settler_.add(burialOf(claim, reason));
    return;
  }
  const auto now = SteadyClock::now();
  const auto age = now - claimedAt;
  const auto timeout = timeoutOf(*endpoint);
  // An attempt must end within its lease, because another process may take the message over afterwards. The lease was
  // chosen for the time-out known before the claim, but the attempt uses the time-out stored now. When that is longer,
  // the message is released, and claimed again under a longer lease. The age of the claim is limited, too, so that a
  // pause or deletion acknowledged since then takes effect within a second. And after our sign of life has run out,
  // another process may have taken the message over although its lease has not expired.
  const bool late = age + timeout >= claim.lease || age >= kMostClaimAge;
  if (late || !ports_.sign.covers(claim.slot) || stopping_ || !endpoint->registration.enabled) {
    settler_.add(releaseOf(claim));
    return;
  }
  const auto ticket = slots_.take(claim.endpoint, now);
  settler_.expect();
  ports_.meter.inFlight(static_cast<std::int64_t>(slots_.running()));
  const auto startedAt = ports_.clock.now();
  ports::DeliveryRequest request{endpoint, claim.message, timeout, false};
  ports_.channel.deliver(std::move(request),
                         [this, claim = std::move(claim), endpoint, ticket, startedAt](AttemptResult result) {
                           const bool answered = result.code.has_value();
                           const AttemptEnd end{std::move(result), startedAt, ports_.clock.now(), draw()};
                           finish(claim, *endpoint, end);
                           giveBack(ticket, answered);
                         });
}

void Dispatcher::finish(const Claim& claim, const Endpoint& endpoint, const AttemptEnd& end) {
  auto settlement = settlementOf(claim, end, settings_.retry);
  ports_.meter.attempt(outcomeWord(end.result), end.result.duration);
  const bool delivered = end.result.outcome == Outcome::Delivered;
  const auto lag = std::max(end.now - claim.dueAt, Millis{0});
  if (delivered) ports_.meter.deliveryLag(lag);
  if (delivered) ports_.history.deliveredAfter(lag);
  if (wasAttempt(end.result)) ports_.history.attempted(claim.endpoint, !delivered);
  logAttempt(claim, endpoint, end, settlement);
  const auto haste = hasteOf(settlement, endpoint);
  settler_.addExpected(std::move(settlement), haste);
}

// The next message of the endpoint can be claimed only once this one is settled, and that call tells what is ready. So
// the loop seldom waits here.
void Dispatcher::giveBack(const AttemptSlots::Ticket& ticket, bool answered) {
  slots_.giveBack(ticket, answered, SteadyClock::now());
  const auto running = slots_.running();
  ports_.meter.inFlight(static_cast<std::int64_t>(running));
  if (awaitsAttempt_.exchange(false)) wake_.notify();
  if (running > 0) return;
  std::lock_guard guard(mutex_);
  idle_.notify_all();
}

double Dispatcher::draw() {
  std::lock_guard guard(mutex_);
  return std::uniform_real_distribution<double>(0.0, 1.0)(random_);
}

bool Dispatcher::drained(const runtime::Deadline& deadline) {
  std::unique_lock guard(mutex_);
  return idle_.wait_until(guard, deadline.at(), [this] { return slots_.running() == 0; });
}

}  // namespace lull::dispatch
