#include "model/reference.hpp"

#include <algorithm>
#include <tuple>

namespace lull::model {

namespace {

constexpr std::uint64_t kPoisonLosses = 3;

using Due = std::pair<Ms, KeyName>;
using Turn = std::tuple<Ms, int, KeyName>;  // due, place, key

std::vector<Due> expiredLeases(const EndpointModel& endpoint, Ms now) {
  std::vector<Due> expired;
  for (const auto& [key, slot] : endpoint.queue)
    if (slot.message.leasedUntil && *slot.message.leasedUntil <= now)
      expired.emplace_back(*slot.message.leasedUntil, key);
  std::sort(expired.begin(), expired.end());
  return expired;
}

std::vector<Turn> dueMessages(const EndpointModel& endpoint, bool aside, Ms now) {
  std::vector<Turn> due;
  for (const auto& [key, slot] : endpoint.queue)
    if (slot.message.aside == aside && slot.message.due <= now &&
        (aside ? !slot.message.leasedUntil : isQueued(endpoint, key, slot.message)))
      due.emplace_back(slot.message.due, slot.message.place, key);
  std::sort(due.begin(), due.end());
  return due;
}

}  // namespace

std::uint64_t liveLeases(const EndpointModel& endpoint, Ms now) {
  const auto tombstones = std::count_if(endpoint.own.tombstones.begin(), endpoint.own.tombstones.end(),
                                        [&](const auto& entry) { return entry.second.leasedUntil > now; });
  return static_cast<std::uint64_t>(
      tombstones + std::count_if(endpoint.queue.begin(), endpoint.queue.end(), [&](const auto& entry) {
        return entry.second.message.leasedUntil && *entry.second.message.leasedUntil > now;
      }));
}

bool hasLostLease(const EndpointModel& endpoint, Ms now) {
  return !expiredLeases(endpoint, now).empty();
}

void startAttempt(MessageModel& message, std::uint64_t token, Ms leasedUntil) {
  message.attemptedBefore = message.attempted;
  message.attempted = true;
  ++message.attempts;
  message.token = token;
  message.leasedUntil = leasedUntil;
  message.alone = false;
  message.place = 0;
}

std::optional<Ms> Reference::nextClaim(Ms now, const EndpointName& id) const {
  const auto& endpoint = state_.endpoints.at(id);
  if (!endpoint.paused.empty()) return std::nullopt;
  std::optional<Ms> next;
  const auto earlier = [&](Ms at) { next = std::min(next.value_or(at), at); };
  const auto full = full_.find(id);
  const bool oneInFlight = endpoint.kind == Kind::Endpoint && liveLeases(endpoint, now) > 0;
  const bool isFull = full != full_.end();
  const auto leaseEnds = [&](Ms at) {
    if (!isFull || at > full->second) earlier(at);
  };
  for (const auto& [key, tombstone] : endpoint.own.tombstones) leaseEnds(tombstone.leasedUntil);
  for (const auto& [key, slot] : endpoint.queue) {
    const auto& message = slot.message;
    if (message.leasedUntil) leaseEnds(*message.leasedUntil);
    if (message.leasedUntil || isFull || oneInFlight || isBehind(endpoint, key)) continue;
    earlier(endpoint.sweep > 0 && !message.aside ? now : message.due);
  }
  if (next) next = std::max({*next, endpoint.gate, endpoint.openUntil, now});
  return next;
}

std::vector<ExpectedClaim> Reference::claim(Ms now, const std::vector<ports::ClaimLimit>& limits, std::uint32_t most) {
  std::vector<ExpectedClaim> claims;
  visited_.clear();
  for (const auto& limit : limits) {
    if (claims.size() >= most) break;  // the others keep their turn for the next call
    visited_.insert(limit.endpoint);
    if (state_.endpoints.contains(limit.endpoint)) visit(now, limit, most, claims);
  }
  return claims;
}

void Reference::visit(Ms now, const ports::ClaimLimit& limit, std::uint32_t most, std::vector<ExpectedClaim>& claims) {
  auto& endpoint = state_.endpoints.at(limit.endpoint);
  if (!endpoint.paused.empty()) return;
  sweep(endpoint, now);
  endTombstones(endpoint, now, limit.most);
  const auto live = liveLeases(endpoint, now);
  const auto upTo = [&](std::uint64_t inFlight) { return inFlight > live ? inFlight - live : 0; };
  // One lane has one in flight.
  const std::uint64_t limited = endpoint.kind == Kind::Endpoint ? std::min(limit.inFlight, 1U) : limit.inFlight;
  const std::uint64_t inFlight = endpoint.ramp > 0 ? std::min<std::uint64_t>(endpoint.ramp, limited) : limited;
  Visit visit{endpoint, claims};
  visit.open = endpoint.openUntil > 0;
  visit.room = std::min<std::uint64_t>({limit.most, most - claims.size(), upTo(limited)});
  visit.sends = visit.open ? (live == 0 ? 1 : 0) : upTo(inFlight);
  if (endpoint.gate > now || endpoint.openUntil > now) visit.room = 0;

  const auto expired = expiredLeases(endpoint, now);
  for (std::size_t i = 0; i < expired.size() && i < visit.room && give(now, limit, expired[i].second, visit); ++i) {
  }
  for (const bool aside : {true, false}) {
    const auto waiting = dueMessages(endpoint, aside, now);
    // What is cancelled takes a place of this call, too. The next one goes on.
    const auto places = std::min<std::size_t>(waiting.size(), visit.room - visit.taken);
    for (std::size_t i = 0; i < places && give(now, limit, std::get<KeyName>(waiting[i]), visit); ++i) {
    }
  }
  if (visit.open && visit.sent > 0) endpoint.openUntil = now + std::max(endpoint.openStep, rules_.probe);
  full_.erase(limit.endpoint);
  if (live + visit.taken >= inFlight || (visit.open && live + visit.taken > 0)) full_[limit.endpoint] = now;
}

// The lease of a purged message ends: its lane goes on.
void Reference::endTombstones(EndpointModel& endpoint, Ms now, std::uint32_t most) {
  auto ending = expiredLeases(endpoint, now);
  for (const auto& [key, tombstone] : endpoint.own.tombstones)
    if (tombstone.leasedUntil <= now) ending.emplace_back(tombstone.leasedUntil, key);
  std::sort(ending.begin(), ending.end());
  if (ending.size() > most) ending.resize(most);
  for (const auto& [until, key] : ending)
    if (endpoint.own.tombstones.erase(key) == 1) follow(endpoint, key, now);
}

// Claims one message. False when it is to be sent and no more may be: it stays as it is, and the visit ends.
bool Reference::give(Ms now, const ports::ClaimLimit& limit, const KeyName& key, Visit& visit) {
  if (!wants(visit.endpoint, key, visit.endpoint.queue.at(key).message, Judged::Claim)) {
    cancel(visit.endpoint, key, now);  // it was in flight when its bit was removed, or waited when its filter changed
    return true;
  }
  auto slot = visit.endpoint.queue.at(key);
  auto& message = slot.message;
  const bool lost = message.leasedUntil.has_value();
  const bool absorbed = lost && takeOver(slot, now);
  ExpectedClaim claim{limit.endpoint, key, {}, limit.lease.count()};
  claim.poisoned = message.losses >= kPoisonLosses && message.lostAlone;
  claim.expired = activeClock(visit.endpoint, now) - message.age0 > rules_.maxAge;
  claim.probe = visit.open && claim.toBeSent();
  claim.takenOver = lost;
  if (claim.toBeSent()) {
    if (visit.sent == visit.sends) return false;
    ++visit.sent;
  }
  startAttempt(message, ++state_.token, now + limit.lease.count());
  ++visit.taken;
  claim.message = message;
  visit.claims.push_back(std::move(claim));
  visit.endpoint.queue.at(key) = std::move(slot);
  if (absorbed) count("superseded");
  return true;
}

// Whether its successor was absorbed.
bool Reference::takeOver(SlotModel& slot, Ms now) const {
  ++slot.message.losses;
  slot.message.lostAlone = slot.message.alone;
  if (!slot.successor) return false;
  mergeWaiting(slot.message, *slot.successor, now);
  slot.successor.reset();
  return true;
}

std::optional<std::uint64_t> Reference::renew(Ms now, const Claim& claim, Ms lease, bool alone) {
  const auto endpoint = state_.endpoints.find(claim.endpoint);
  if (endpoint == state_.endpoints.end()) return std::nullopt;
  const auto slot = endpoint->second.queue.find(claim.key.packed());
  if (slot == endpoint->second.queue.end()) return std::nullopt;
  auto& message = slot->second.message;
  if (!message.leasedUntil || message.token != claim.token) return std::nullopt;
  message.leasedUntil = now + lease;
  message.alone = alone;
  if (!endpoint->second.paused.empty()) return std::nullopt;
  return state_.revision;
}

// What the closed breaker held back becomes due when the endpoint is looked at next, in the order in which it would
// have been.
void Reference::sweep(EndpointModel& endpoint, Ms now) const {
  std::vector<Turn> held;
  for (const auto& [key, slot] : endpoint.queue) {
    const auto& message = slot.message;
    if (isQueued(endpoint, key, message) && message.due > now && message.due <= endpoint.sweep)
      held.emplace_back(message.due, message.place, key);
  }
  std::sort(held.begin(), held.end());
  for (const auto& turn : held) makeDue(endpoint, endpoint.queue.at(std::get<KeyName>(turn)).message, now);
  endpoint.sweep = 0;
}

void Reference::closeBreaker(EndpointModel& endpoint, Ms now) const {
  if (endpoint.openUntil == 0) return;
  endpoint.openUntil = endpoint.openStep = 0;
  Ms latest = now;
  for (const auto& [key, slot] : endpoint.queue)
    if (isQueued(endpoint, key, slot.message)) latest = std::max(latest, slot.message.due);
  if (latest > now) endpoint.sweep = latest;
}

}  // namespace lull::model
