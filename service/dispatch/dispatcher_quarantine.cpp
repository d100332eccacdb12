// How the dispatcher keeps a quarantine: the decisions are quarantine.hpp's.
#include "attempt_log.hpp"

#include <lull/dispatch/dispatcher.hpp>

#include <algorithm>

namespace lull::dispatch {

void Dispatcher::suspect(Claim claim, SteadyClock::time_point claimedAt) {
  {
    auto suspects = suspects_.lock();
    if (!suspects->closed) {
      suspects->claims.emplace_back(std::move(claim), claimedAt);
      wake_.notify();
      return;
    }
  }
  settler_.add(releaseOf(claim));
}

void Dispatcher::takeSuspects() {
  auto suspects = std::exchange(suspects_.lock()->claims, {});
  for (auto& [claim, claimedAt] : suspects) {
    if (const auto rest = quarantine_.rest(claimedAt); rest > rest.zero())
      putBack(claim, rest);
    else
      quarantine_.hold(std::move(claim), claimedAt);
  }
}

// Released: it is not sent now, and other messages are claimed before it.
void Dispatcher::putBack(const Claim& claim, SteadyClock::duration later) {
  constexpr Millis kLeast{1000};
  settler_.add(releaseOf(claim, ports_.clock.now() + std::max(kLeast, std::chrono::ceil<Millis>(later))));
}

void Dispatcher::quarantineTurn(SteadyClock::time_point now) {
  // The attempt has ended only when it is settled: until then a lost lease would count against the suspect.
  if (quarantine_.alone() && aloneToken_ == 0) {
    quarantine_.done(now);
    return;
  }
  const auto running = slots_.runningOrReserved();
  switch (quarantine_.next(now, running)) {
    case Quarantine::Step::Wait:
      waitForAttempt(running, quarantine_.waitLeft(now));
      return;
    case Quarantine::Step::Renew:
      renewSuspect(now);
      return;
    case Quarantine::Step::SendAlone:
      sendSuspect(now, true);
      return;
    case Quarantine::Step::SendBeside:
      sendSuspect(now, false);
      return;
    case Quarantine::Step::GoOn:
      // Its attempt is running, so a changed registration must not shorten its lease.
      if (renew(false, quarantine_.current().lease)) quarantine_.done(now);
      return;
  }
}

Millis Dispatcher::leaseOfCurrent() const {
  const auto snapshot = ports_.registry.cached();
  const auto found = snapshot->endpoints.find(quarantine_.current().endpoint);
  return leaseOf(found != snapshot->endpoints.end() ? found->second.get() : nullptr);
}

Result<std::optional<std::uint64_t>> Dispatcher::renew(bool alone, Millis lease) {
  auto held = ports_.claims.renew(ports_.clock.now(), quarantine_.current(), lease, alone);
  if (held) {
    backoff_.reset();
  } else {
    wake_.wait(backoff_.next());
  }
  return held;
}

void Dispatcher::renewSuspect(SteadyClock::time_point now) {
  const auto lease = leaseOfCurrent();
  const auto slot = ports_.sign.slot();
  const auto held = renew(false, lease);
  if (!held) return;
  quarantine_.renewed(now, lease, slot);
  if (held->has_value()) return;
  settler_.add(releaseOf(quarantine_.current()));
  quarantine_.done(now);
}

// A renewed lease is like a new claim: the age of the claim, the length of its lease and the revision of its
// registration are those of this moment.
void Dispatcher::sendSuspect(SteadyClock::time_point now, bool alone) {
  const auto lease = leaseOfCurrent();
  // Read before the call: should the slot change meanwhile, the suspect is not started.
  const auto slot = ports_.sign.slot();
  const auto held = renew(alone, lease);
  if (!held) return;
  quarantine_.renewed(now, lease, slot);
  const Claim claim = quarantine_.current();
  const auto snapshot = held->has_value() ? registryAt(**held) : nullptr;
  if (!snapshot) {
    settler_.add(releaseOf(claim));
    quarantine_.done(now);
    return;
  }
  const auto found = snapshot->endpoints.find(claim.endpoint);
  if (found == snapshot->endpoints.end() || !alone) quarantine_.done(now);
  if (found == snapshot->endpoints.end()) return;
  logSuspect(claim, *found->second, alone);
  if (alone) {
    quarantine_.sentAlone(now);
    aloneToken_ = claim.token;
  }
  start(claim, found->second, now);
}

}  // namespace lull::dispatch
