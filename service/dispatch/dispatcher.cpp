#include "attempt_log.hpp"

#include <lull/dispatch/dispatcher.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <utility>

namespace lull::dispatch {

namespace {

// How long a message may stay unnoticed that another replica queued and had no slot to send.
constexpr Millis kPoll{100};
// A claim that was under way for longer is not started.
constexpr Millis kMostClaimAge{1000};
// As many as a claim names of the ready ones: there may be more.
constexpr std::size_t kMostNamed = 256;
// Of one claim: what comes meanwhile does not wait until hundreds of connections have been made. And of one endpoint:
// the first are under way while Redis hands out the next, so that Redis and the sending never wait for each other in
// turn.
constexpr std::size_t kMostClaims = 64;
constexpr std::size_t kMostOfOne = 32;
// How long what a look has seen is good for.
constexpr std::chrono::milliseconds kLookAgain{3};

}  // namespace

Dispatcher::Dispatcher(DispatchSettings settings, DispatchPorts ports, Settler& settler)
    : settings_(std::move(settings)),
      ports_(ports),
      settler_(settler),
      slots_(settings_.maxConcurrency, settings_.maxSockets),
      random_(std::random_device{}()) {}

void Dispatcher::run() {
  while (!stopping_) turn();
  for (const auto& claim : quarantine_.unsent()) settler_.add(releaseOf(claim));
}

void Dispatcher::stop() {
  stopping_ = true;
  wake_.notify();
}

void Dispatcher::noteSettled(const std::vector<ports::Settlement>& settled) {
  {
    auto endpoints = settled_.lock();
    for (const auto& settlement : settled) {
      endpoints->insert(settlement.endpoint);
      auto token = settlement.token;
      aloneToken_.compare_exchange_strong(token, 0);
    }
  }
  wake_.notify();
}

// Those that the last claim named first, then those whose leases ended since: asking in vain costs Redis a few
// microseconds.
std::vector<EndpointId> Dispatcher::candidates() {
  std::vector<EndpointId> endpoints = std::exchange(ready_, {});
  std::set<EndpointId> settled;
  std::swap(settled, *settled_.lock());
  for (const auto& id : endpoints) settled.erase(id);
  endpoints.insert(endpoints.end(), settled.begin(), settled.end());
  return endpoints;
}

void Dispatcher::turn() {
  const auto claimedAt = SteadyClock::now();
  for (const auto& claim : quarantine_.surplus(claimedAt)) putBack(claim, quarantine_.rest(claimedAt));
  if (quarantine_.active()) {
    quarantineTurn(claimedAt);
    return;
  }
  const auto running = slots_.running();
  auto slots = slots_.free(claimedAt);
  const bool crowded = slots == 0;
  turn_ = crowded ? Turn::Crowded : turn_ == Turn::Answering ? Turn::Any : Turn::Answering;
  if (crowded) spare_ = slots_.freeForAnswering(claimedAt);
  const bool more = ready_.size() >= kMostNamed;
  auto endpoints = candidates();
  putFirst(endpoints, claimedAt);
  const bool hidden = crowded ? endpoints.empty() : turn_ == Turn::Answering && more;
  if (hidden && claimedAt >= nextLook_) {
    if (!look(claimedAt)) return;
    endpoints = candidates();
    putFirst(endpoints, claimedAt);
  }
  if (crowded && endpoints.empty()) return waitForAttempt(running, nextLook_ - claimedAt);
  if (crowded) slots = std::min(endpoints.size() + spare_, slots_.socketsLeft());
  slots = std::min(slots, kMostClaims);
  auto batch =
      ports_.claims.claim(ports_.clock.now(), limitsOf(endpoints, slots, claimedAt), static_cast<std::uint32_t>(slots));
  if (!batch) return waitForStore(batch.error());
  backoff_.reset();
  ready_ = std::move(batch->ready);
  const auto nextWake = batch->nextWake;
  const bool nothing = batch->claims.empty();
  if (batch->reclaimed > 0) ports_.meter.leasesReclaimed(batch->reclaimed);
  startAll(*std::move(batch), claimedAt);
  if (crowded) {
    if (nothing) ready_.clear();  // asking them again at once would be in vain, too
    return;
  }
  // Whatever changes after this claim's reply wakes the loop: asking again before that would be in vain.
  if ((nothing && !endpoints.empty()) || ready_.empty()) pause(nextWake);
}

void Dispatcher::waitForStore(const Error& error) {
  // That Redis is away is said elsewhere; what it holds and cannot be read, only here.
  const bool away = error.code == ErrorCode::Unavailable;
  runtime::log(away ? runtime::LogLevel::Debug : runtime::LogLevel::Warning, "Lull.Delivery",
               "claims wait for the store", {{"error", error.message}});
  wake_.wait(backoff_.next());
}

// A claim names the endpoints that have been ready longest, and not all of them. When most of those hang, one that
// answers can be behind them: this asks for many more names, and claims nothing.
bool Dispatcher::look(SteadyClock::time_point now) {
  auto seen = ports_.claims.claim(ports_.clock.now(), {}, 0);
  if (!seen) {
    waitForStore(seen.error());
    return false;
  }
  ready_ = std::move(seen->ready);
  nextLook_ = now + kLookAgain;
  return true;
}

// What hangs delays nobody whose receiver answers. Every other turn is for the endpoints that answer, if there are any;
// in the others, those of which nothing runs here go first, in a call of their own whose reply names the rest again.
// When all slots are taken, both kinds may start something, and nobody else.
void Dispatcher::putFirst(std::vector<EndpointId>& endpoints, SteadyClock::time_point now) const {
  const auto others = std::stable_partition(endpoints.begin(), endpoints.end(), [&](const auto& id) {
    if (turn_ == Turn::Answering) return slots_.answers(id, now);
    return !slots_.runs(id) || (turn_ == Turn::Crowded && spare_ > 0 && slots_.answers(id, now));
  });
  if (turn_ == Turn::Crowded || others != endpoints.begin()) endpoints.erase(others, endpoints.end());
  // Each endpoint that is named costs Redis some 15 µs, whether it has something or not.
  if (endpoints.size() > kMostClaims) endpoints.resize(kMostClaims);
}

// Not at all when one of the `running` has ended since they were counted.
void Dispatcher::waitForAttempt(std::size_t running, std::chrono::nanoseconds most) {
  awaitsAttempt_ = true;
  if (slots_.running() >= running) wake_.wait(most);
  awaitsAttempt_ = false;
}

void Dispatcher::pause(const std::optional<Instant>& nextWake) {
  // Endpoints that are ready and yet gave nothing are asked again, but not at once.
  constexpr std::chrono::milliseconds kAskAgain{5};
  std::chrono::nanoseconds most = kPoll;
  if (nextWake) most = std::min(most, ports_.clock.realTimeUntil(*nextWake));
  wake_.wait(ready_.empty() ? most : std::min<std::chrono::nanoseconds>(most, kAskAgain));
}

Millis Dispatcher::timeoutOf(const Endpoint& endpoint) const {
  return endpoint.registration.timeout.value_or(settings_.timeout);
}

// One that is not known here yet gets the defaults: registryAt() loads it before anything is sent.
Millis Dispatcher::leaseOf(const Endpoint* endpoint) const {
  return (endpoint != nullptr ? timeoutOf(*endpoint) : settings_.timeout) + settings_.leaseMargin;
}

std::vector<ports::ClaimLimit> Dispatcher::limitsOf(const std::vector<EndpointId>& endpoints, std::size_t slots,
                                                    SteadyClock::time_point now) const {
  const auto snapshot = ports_.registry.cached();
  std::vector<ports::ClaimLimit> limits;
  const auto share = endpoints.empty() ? 0 : std::clamp<std::size_t>(slots / endpoints.size(), 1, kMostOfOne);
  for (const auto& id : endpoints) {
    const auto found = snapshot->endpoints.find(id);
    const Endpoint* const endpoint = found != snapshot->endpoints.end() ? found->second.get() : nullptr;
    auto inFlight = settings_.maxPerEndpoint;
    if (endpoint != nullptr) inFlight = endpoint->registration.maxConcurrency.value_or(inFlight);
    const auto sockets = slots_.socketsFor(id, snapshot->endpoints.size(), now);
    inFlight = std::min(inFlight, static_cast<std::uint32_t>(sockets));
    // Beyond the shared slots an endpoint starts one, or if it is known to answer as many as are spare for those.
    const auto beyond = slots_.answers(id, now) ? std::max<std::size_t>(1, spare_) : 1;
    const auto most = turn_ == Turn::Crowded ? std::min<std::size_t>(share, beyond) : share;
    limits.push_back({id, inFlight, static_cast<std::uint32_t>(most), leaseOf(endpoint)});
  }
  return limits;
}

// Nothing is sent under a registration that is older than the claim.
ports::SnapshotPtr Dispatcher::registryAt(std::uint64_t revision) {
  auto snapshot = ports_.registry.cached();
  if (snapshot->revision == revision) return snapshot;
  auto fresh = ports_.registry.current();
  return fresh ? *fresh : nullptr;
}

void Dispatcher::startAll(ports::ClaimBatch batch, SteadyClock::time_point claimedAt) {
  if (batch.claims.empty()) return;
  const auto snapshot = registryAt(batch.registryRevision);
  for (auto& claim : batch.claims) {
    if (!snapshot) {
      settler_.add(releaseOf(claim));
      continue;
    }
    const auto found = snapshot->endpoints.find(claim.endpoint);
    // A deleted endpoint's messages are gone with it: there is nothing to settle.
    if (found == snapshot->endpoints.end()) continue;
    if (!Quarantine::isSuspect(claim) || claim.poisoned || claim.expired)
      start(std::move(claim), found->second, claimedAt);
    else if (const auto rest = quarantine_.rest(claimedAt); rest > rest.zero())
      putBack(claim, rest);
    else
      quarantine_.hold(std::move(claim), claimedAt);
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
  // Someone else may send what outlives its lease. The lease was made for the time-out that was known before the claim,
  // and the attempt gets the one that is stored: a longer one is released, and claimed again under a lease that fits
  // it. And a pause or deletion that was acknowledged since the claim must hold within a second.
  const bool late = age + timeout >= claim.lease || age >= kMostClaimAge;
  if (late || stopping_ || !endpoint->registration.enabled) {
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
  if (end.result.outcome == Outcome::Delivered) ports_.meter.deliveryLag(std::max(end.now - claim.dueAt, Millis{0}));
  logAttempt(claim, endpoint, end, settlement);
  settler_.addExpected(std::move(settlement));
}

// What may be claimed in its place is known once it is settled (noteSettled), so the loop seldom waits for this.
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
