#include "model/driver.hpp"
#include "model/words.hpp"

#include <algorithm>

namespace lull::model {

namespace {

constexpr std::uint32_t kAllBits = 0x7FFFFFFF;

}  // namespace

Event Driver::drawEvent(Random& random) {
  const auto& key = anyKey(random);
  Event event;
  event.changeType = key.changeType;
  drawFacts(event, random);
  event.itemId = key.itemId;
  event.baseId = ItemId(std::int64_t{++events_});
  if (below(random, 3) == 0) event.occurredAt = instantOf(now() + 3000 - static_cast<Ms>(below(random, 20'000)));
  if (below(random, 8) == 0) event.occurredAt = instantOf(now() - now() % 10'000);  // ties
  if (!focused() && below(random, 4) == 0) event.id = below(random, 2) == 0 ? "a" : "b";
  if (below(random, 4) == 0) event.traceparent = "trace" + std::to_string(events_);
  if (below(random, 8) == 0) event.data = R"({"n":)" + std::to_string(events_) + "}";
  return event;
}

bool Driver::admit(Op op, Random& random) {
  static constexpr std::array<std::uint32_t, 8> kCounts{1, 1, 1, 2, 2, 3, 4, 7};
  std::vector<Event> events;
  for (auto n = kCounts[below(random, kCounts.size())]; n > 0; --n) events.push_back(drawEvent(random));
  for (const auto& event : events) {
    const auto key = ItemKey{event.changeType, event.itemId}.packed();
    for (const auto& [id, endpoint] : state().endpoints) cover(op, id, key);
  }
  const std::string scope = below(random, 4) == 0 ? "other" : "one";
  const bool late = op == Op::AdmitLagging;
  if (late) adapters_.laggingClock.set(instantOf(now() - 1 - static_cast<Ms>(below(random, 300))));
  auto& clock = late ? adapters_.laggingClock : adapters_.clock;
  auto& admission = late ? adapters_.laggingAdmission : adapters_.admission;
  const auto receipt = admission.admit(events, scope);
  check(receipt.ok(), "admit failed");
  std::uint32_t repeats = 0;
  const auto before = state().sequence;
  const auto sequences = reference_.admit(millisOf(clock.now()), events, scope, repeats);
  check(receipt->sequences == sequences, "the receipt lists other sequences");
  check(receipt->duplicates == repeats && receipt->accepted + repeats == events.size(), "the receipt counts otherwise");
  for (auto sequence = before + 1; sequence <= state().sequence; ++sequence) {
    const auto& event = reference_.events().at(sequence);
    const auto key = ItemKey{event.changeType, event.itemId}.packed();
    for (const auto& [id, endpoint] : state().endpoints) {
      const bool isFor = (endpoint.mask & event.changeType) != 0;
      if (!isFor || refusedBy(endpoint.filter, event) != FilterPart::None) continue;
      const bool merges = endpoint.kind == Kind::Debounced;
      ledger_.admitted(id, merges ? key : key + "#" + std::to_string(sequence), sequence);
    }
  }
  return true;
}

ports::Permits Driver::drawPermits(Random& random) const {
  static constexpr std::array<std::uint32_t, 6> kMost{16, 16, 16, 3, 2, 1};
  static constexpr std::array<std::uint32_t, 4> kInFlight{16, 4, 2, 1};
  ports::Permits permits;
  permits.most = kMost.front();
  if (focused()) return permits;
  permits.most = kMost[below(random, kMost.size())];
  permits.paced = below(random, 2) == 0;
  permits.inFlight = kInFlight[below(random, kInFlight.size())];
  if (below(random, 3) == 0) permits.timeout = Millis{3000};
  return permits;
}

bool Driver::fire(Op op, Random& random) {
  fireAll(op, op == Op::FireLease ? drawPermits(random) : ports::Permits{});
  return true;
}

void Driver::fireAll(Op op, const ports::Permits& permits) {
  const auto at = now();
  std::vector<KeyName> due;
  for (const auto& [key, window] : state().windows) {
    if (window.due > at) continue;
    due.push_back(key);
    for (const auto& [id, endpoint] : state().endpoints) cover(op, id, key);
  }
  const auto call = [&] {
    return adapters_.windows.fireDue(instantOf(at), *adapters_.registry.subscribers(), kAllBits, permits);
  };
  auto known = adapters_.registry.subscribers()->revision;
  auto fired = call();
  if (known != state().revision) {
    check(!fired.ok() && fired.error().code == ErrorCode::Stale, "a stale registry fired windows");
    compare();
    check(adapters_.registry.refresh().ok(), "the registry is not read");
    known = adapters_.registry.subscribers()->revision;
    fired = call();
  }
  check(fired.ok(), "fire failed");
  const auto expected = reference_.fire(at, permits);
  if (permits.most > 0) turns_.fired(expected);
  for (const auto& key : due) {
    if (state().windows.contains(key)) continue;
    ledger_.fired(key, at, std::min(reference_.rules().interval, reference_.rules().maxWait), flushed_.erase(key) > 0);
  }
  check(fired->windows == expected.windows && fired->messages == expected.messages, "fire counts otherwise");
  check(fired->held == expected.held, "fire paces itself otherwise");
  std::optional<Instant> next;
  std::uint32_t types = 0;
  for (const auto& [key, window] : state().windows) {
    next = std::min(next.value_or(Instant::max()), instantOf(window.due));
    types |= changeTypeOf(key);
  }
  check(fired->next.has_value() == next.has_value() &&
            (!next || (fired->next->at == *next && fired->next->changeTypes == types)),
        "fire names other windows as due next");
  check(fired->leased.registryRevision == known, "fire leases under another registry revision");
  // Which of them comes first says nothing.
  std::ranges::sort(fired->leased.claims, {}, [](const Claim& claim) { return claim.endpoint + claim.key.packed(); });
  auto leased = expected.leased;
  std::ranges::sort(leased, {}, [](const ExpectedClaim& claim) { return claim.endpoint + claim.key; });
  take(std::move(fired->leased), leased, "fire");
}

bool Driver::fan(Random& random) {
  for (const auto& [id, endpoint] : state().endpoints)
    if (endpoint.kind != Kind::Debounced) coverEndpoint(Op::Fan, id);
  static constexpr std::array<std::uint32_t, 6> kBits{kAllBits, kAllBits, kAllBits, kAllBits, 1, 2};
  const auto bits = focused() ? kAllBits : kBits[below(random, kBits.size())];
  // The clock of another replica may lag.
  const auto lag = !focused() && below(random, 6) == 0 ? static_cast<Ms>(below(random, 300)) : 0;
  fanOnce(bits, now() - lag);
  return true;
}

void Driver::fanOnce(std::uint32_t bits, Ms at) {
  const auto call = [&] { return adapters_.stream.fanOut(instantOf(at), *adapters_.registry.subscribers(), bits); };
  const auto known = adapters_.registry.subscribers()->revision;
  auto fanned = call();
  if (known != state().revision) {
    check(!fanned.ok() && fanned.error().code == ErrorCode::Stale, "a stale registry fanned out");
    compare();
    check(adapters_.registry.refresh().ok(), "the registry is not read");
    fanned = call();
  }
  check(fanned.ok(), "fan-out failed");
  const auto expected = reference_.fan(at, bits);
  std::set<EndpointName> full;
  for (const auto& event : expected.missed) {
    full.insert(event.endpoint);
    ledger_.missed(event.endpoint, event.item + "#" + std::to_string(event.sequence));
  }
  check(fanned->messages == expected.messages && fanned->unnamed == expected.unnamed &&
            fanned->left == state().stream.size(),
        "fan-out counts otherwise");
  check(std::set<EndpointName>(fanned->full.begin(), fanned->full.end()) == full, "others miss events");
}

bool Driver::flush(Random& random) {
  if (state().windows.empty()) return false;
  ports::WindowFilter filter;
  KeyName only;
  if (!focused() && below(random, 2) == 0) {
    const auto& key = modelKeys().back();  // the only one of its change type
    filter.changeType = key.changeType;
    only = key.packed();
  }
  for (const auto& [key, window] : state().windows) {
    if (!only.empty() && key != only) continue;
    flushed_.insert(key);
    for (const auto& [id, endpoint] : state().endpoints) cover(Op::Flush, id, key);
  }
  const auto flushed = adapters_.windows.flush(filter);
  check(flushed.ok() && *flushed == reference_.flush(now(), only), "flush counts otherwise");
  return true;
}

bool Driver::advance(Random& random) {
  const auto& rules = reference_.rules();
  // The moments at which something changes; just before, at and just after them is where mistakes hide.
  std::vector<Ms> moments;
  for (const auto& [key, window] : state().windows) moments.push_back(window.due);
  for (const auto& [id, endpoint] : state().endpoints) {
    moments.push_back(endpoint.gate);
    moments.push_back(endpoint.openUntil);
    for (const auto& [key, slot] : endpoint.queue)
      moments.push_back(slot.message.leasedUntil.value_or(slot.message.due));
    for (const auto& [key, tombstone] : endpoint.own.tombstones) moments.push_back(tombstone.leasedUntil);
    if (endpoint.own.turned > 0) moments.push_back(endpoint.own.turned + rules.maxWait + 60'000);
  }
  std::erase_if(moments, [&](Ms at) { return at <= now(); });
  Ms to = now();
  switch (focused() ? 3 : below(random, 16)) {
    case 0:
    case 1:
    case 2:
      to += 1 + static_cast<Ms>(below(random, 50));
      break;
    case 3:
      to += 25'000 + static_cast<Ms>(below(random, 2000));  // past every lease
      break;
    case 4:
      to += below(random, 4) == 0 ? rules.maxAge + 1 : Ms{1000};
      break;
    case 5:
      to += below(random, 2) == 0 ? rules.idempotencyWindow : rules.interval;
      break;
    case 6:
      to += rules.interval;
      break;
    default:
      if (moments.empty()) {
        to += rules.interval;
      } else {
        to = std::max(to, moments[below(random, moments.size())] + static_cast<Ms>(below(random, 5)) / 2 - 1);
      }
  }
  coverAll(Op::Advance);
  adapters_.clock.set(instantOf(to));
  return true;
}

}  // namespace lull::model
