#include "model/reference.hpp"

#include <algorithm>

/// Windows that are due, as docs/design.md and the port WindowFiring describe them: each becomes a message of every
/// endpoint that it is for, and a message that nobody has to wait for is leased to whoever fired it.
namespace lull::model {

namespace {

bool isFor(const EndpointModel& endpoint, const KeyName& key) {
  return endpoint.kind == Kind::Debounced && (endpoint.mask & changeTypeOf(key)) != 0;
}

/// A debounced endpoint was told of each event of the window by itself.
bool wasTold(const EndpointModel& endpoint, const WindowModel& window) {
  const auto& own = endpoint.own;
  return window.firstSequence > own.toldFrom && window.content.upto <= own.toldTo;
}

// Nothing but its own room keeps the endpoint from being told: a wait may help.
bool mayBeToldSoon(const std::optional<Departure>& shut) {
  return !shut || *shut == Departure::LeaseLost || *shut == Departure::DueEarlier;
}

}  // namespace

std::uint64_t Reference::mostInFlight(const EndpointName& id, const ports::Permits& permits) const {
  const std::uint64_t limit = limits_.at(id).inFlight.value_or(permits.inFlight);
  const auto ramp = state_.endpoints.at(id).ramp;
  return ramp > 0 ? std::min(limit, ramp) : limit;
}

Reference::Room Reference::roomOf(const EndpointName& id, const ports::Permits& permits, Ms now) const {
  const auto& endpoint = state_.endpoints.at(id);
  Room room;
  const auto shutIf = [&](bool holds, Departure why) {
    if (holds && !room.shut) room.shut = why;
  };
  shutIf(!endpoint.paused.empty(), Departure::Paused);
  shutIf(endpoint.gate > now, Departure::Parked);
  shutIf(endpoint.openUntil > 0, Departure::Open);
  shutIf(endpoint.sweep > 0, Departure::Swept);
  shutIf(hasLostLease(endpoint, now), Departure::LeaseLost);
  const bool waits = std::any_of(endpoint.queue.begin(), endpoint.queue.end(), [&](const auto& entry) {
    return isQueued(endpoint, entry.first, entry.second.message) && entry.second.message.due <= now;
  });
  shutIf(waits, Departure::DueEarlier);
  room.most = mostInFlight(id, permits);
  room.live = liveLeases(endpoint, now);
  return room;
}

// In the order in which they were due, up to about as many messages as the call may make. A paced call takes no window
// for which an endpoint has no room, unless another one that the window is for runs out of work. Each window takes a
// place of its endpoints, whatever they make of it.
Reference::Fired Reference::windowsToFire(const ports::Permits& permits, Ms now, FireCount& fired) const {
  Fired due;
  for (const auto& [key, window] : state_.windows)
    if (window.due <= now) due.emplace_back(key, window);
  std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
  constexpr std::uint64_t kMostMessages = 1000;
  const auto most = permits.paced ? std::min<std::uint64_t>(permits.most, kMostMessages) : kMostMessages;
  std::map<EndpointName, Room> rooms;
  std::uint64_t messages = 0;
  for (auto at = due.begin(); at != due.end(); ++at) {
    std::uint64_t targets = 0;
    bool full = false;
    bool needed = false;
    for (const auto& [id, endpoint] : state_.endpoints) {
      if ((endpoint.mask & changeTypeOf(at->first)) == 0) continue;
      if (endpoint.kind == Kind::Debounced || endpoint.own.turned > 0) ++targets;
      if (!isFor(endpoint, at->first)) continue;
      const auto& room = rooms.try_emplace(id, roomOf(id, permits, now)).first->second;
      full = full || (mayBeToldSoon(room.shut) && room.places() == 0);
      needed = needed || room.runsOutOfWork();
    }
    const bool beyond = messages > 0 && messages + targets > most;
    fired.held = !beyond && permits.paced && full && !needed;
    if (beyond || fired.held) {
      due.erase(at, due.end());
      break;
    }
    messages += targets;
    for (auto& [id, room] : rooms)
      if (isFor(state_.endpoints.at(id), at->first)) ++room.windows;
  }
  return due;
}

FireCount Reference::fire(Ms now, const ports::Permits& permits) {
  FireCount fired;
  const auto windows = windowsToFire(permits, now, fired);
  const auto before = state_.counters["created"];
  for (const auto& [id, endpoint] : state_.endpoints) fireAt(id, windows, permits, now, fired);
  for (const auto& [key, window] : windows) state_.windows.erase(key);
  // A call gives all its leases one token: an endpoint has one message of a key.
  if (!fired.leased.empty()) ++state_.token;
  forgetTurned(windows, now);
  if (!windows.empty()) state_.lastFire = std::max(state_.lastFire, now);
  fired.windows = windows.size();
  fired.messages = state_.counters["created"] - before;
  fired.departures[static_cast<std::size_t>(Departure::Held)] += fired.held ? 1U : 0U;
  std::erase_if(state_.counters, [](const auto& counter) { return counter.second == 0; });
  return fired;
}

void Reference::fireAt(const EndpointName& id, const Fired& windows, const ports::Permits& permits, Ms now,
                       FireCount& fired) {
  auto& endpoint = state_.endpoints.at(id);
  auto room = roomOf(id, permits, now);
  const Ms lease = limits_.at(id).timeout.value_or(permits.timeout.count()) + permits.leaseMargin.count();
  bool named = false;
  for (const auto& [key, window] : windows) {
    if (!isFor(endpoint, key) || wasTold(endpoint, window) || !lets(endpoint, window, Judged::Fire)) continue;
    named = true;
    auto verdict = room.shut.value_or(Departure::Leased);
    if (!room.shut && endpoint.queue.contains(key)) {
      verdict = Departure::Queued;
    } else if (!room.shut && room.places() == 0) {
      verdict = Departure::Full;
    } else if (!room.shut && fired.leased.size() >= permits.most) {
      verdict = Departure::NoPermit;
    }
    ++fired.departures[static_cast<std::size_t>(verdict)];
    queue(endpoint, key, window.content, std::max(window.due, window.first), now);
    if (verdict != Departure::Leased) continue;
    ++room.windows;
    auto& message = endpoint.queue.at(key).message;
    startAttempt(message, state_.token + 1, now + lease);
    fired.leased.push_back({id, key, message, lease});
  }
  // At its limit nobody is sent to look at it before a lease ends.
  if (named && liveLeases(endpoint, now) >= mostInFlight(id, permits)) full_.try_emplace(id, now);
}

// An endpoint that takes every event now was debounced when these windows were opened.
void Reference::forgetTurned(const Fired& windows, Ms now) {
  const bool overdue = std::any_of(state_.windows.begin(), state_.windows.end(),
                                   [&](const auto& entry) { return entry.second.due <= now; });
  for (auto& [id, endpoint] : state_.endpoints) {
    auto& turned = endpoint.own.turned;
    if (turned == 0) continue;
    giveOpenWindows(endpoint, windows, now);
    constexpr Ms kClocksDiffer = 60'000;
    if (now <= turned + rules_.maxWait + kClocksDiffer || overdue) continue;
    turned = 0;
    ++state_.revision;
  }
}

}  // namespace lull::model
