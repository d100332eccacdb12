#include "message_codec.hpp"
#include "model/driver.hpp"

#include <algorithm>

namespace lull::model {

namespace {

constexpr std::size_t kMostHeld = 24;

std::string difference(const Claim& claim, const ExpectedClaim& expected, const std::string& epoch, Ms now) {
  const auto& message = claim.message;
  const auto& model = expected.message;
  std::string text;
  const auto same = [&](bool holds, const char* what) {
    if (!holds) text += std::string(text.empty() ? "" : ", ") + what;
  };
  same(claim.endpoint == expected.endpoint && claim.key.packed() == expected.key, "message");
  same(message.key.packed() == itemOf(expected.key, model), "item");
  same(message.replay == model.replay, "mark of a replay");
  same(message.id == redis::webhookId(epoch, expected.endpoint, model.idSequence), "webhook-id");
  same(message.upto == model.content.upto, "upto");
  same(message.eventCount == model.content.events, "event count");
  same(message.attempts == model.attempts, "attempts");
  same(message.traceparent == model.content.trace, "traceparent");
  same(message.payload == redis::readPayload(model.content.payload), "payload");
  same(message.firstFailedAt.has_value() == (model.firstFailed != 0) &&
           (!message.firstFailedAt || millisOf(*message.firstFailedAt) == model.firstFailed),
       "first failure");
  same(claim.token == model.token, "token");
  same(claim.probe == expected.probe, "probe");
  same(claim.losses == model.losses, "losses");
  same(claim.poisoned == expected.poisoned, "poisoned");
  same(claim.expired == expected.expired, "expired");
  same(millisOf(claim.dueAt) == model.windowDue, "due");
  same(claim.step == model.step && millisOf(claim.entryDue) == model.entryDue, "place in the schedule");
  same(claim.broughtForward == (now < model.entryDue), "mark of being brought forward");
  same(claim.lease.count() == expected.lease, "lease");
  return text;
}

}  // namespace

bool Driver::valid(const Claim& claim) const {
  const auto endpoint = state().endpoints.find(claim.endpoint);
  if (endpoint == state().endpoints.end()) return false;
  const auto slot = endpoint->second.queue.find(claim.key.packed());
  return slot != endpoint->second.queue.end() && slot->second.message.leasedUntil &&
         slot->second.message.token == claim.token;
}

// Whether a step may be about this claim.
bool Driver::chosen(const Claim& claim, Random& random) const {
  return !focused() || (claim.endpoint == ids_.front() && claim.message.key == anyKey(random));
}

// What an endpoint is told of by itself, its filter lets pass.
void Driver::checkWanted(const EndpointModel& endpoint, const Claim& claim) const {
  if (endpoint.kind == Kind::Debounced || claim.message.eventCount > 1) return;
  const auto event = reference_.events().find(claim.message.upto);
  check(event != reference_.events().end() && refusedBy(endpoint.filter, event->second) == FilterPart::None,
        "a claim of " + claim.endpoint + " that its filter refuses");
}

bool Driver::claim(Random& random) {
  static constexpr std::array<std::uint32_t, 6> kLimits{16, 16, 16, 16, 2, 1};
  std::vector<ports::ClaimLimit> limits;
  for (const auto& id : ids_) {
    if (focused() ? id != ids_.front() : below(random, 8) == 0) continue;
    const auto draw = [&] { return focused() ? kLimits.front() : kLimits[below(random, kLimits.size())]; };
    limits.push_back({id, draw(), draw(), kLease});
  }
  if (below(random, 2) == 0) std::reverse(limits.begin(), limits.end());
  for (const auto& limit : limits) coverEndpoint(Op::Claim, limit.endpoint);
  claimAll(limits, focused() ? kLimits.front() : kLimits[below(random, kLimits.size())]);
  return true;
}

// Claims on both sides, compares, holds the claims; returns the rest of the answer.
ports::ClaimBatch Driver::claimAll(const std::vector<ports::ClaimLimit>& limits, std::uint32_t most) {
  auto batch = adapters_.queue.claim(adapters_.clock.now(), limits, most);
  check(batch.ok(), "claim failed");
  const auto expected = reference_.claim(now(), limits, most);
  check(batch->registryRevision == state().revision, "claim names another registry revision");
  visited_ = reference_.visited();
  return take(*std::move(batch), expected, "claim");
}

// Compares what a call claimed with what it must, and holds the claims.
ports::ClaimBatch Driver::take(ports::ClaimBatch batch, const std::vector<ExpectedClaim>& expected,
                               const std::string& by) {
  told_ = Told{batch.ready, batch.nextWake};
  check(batch.claims.size() == expected.size(),
        by + " gave " + std::to_string(batch.claims.size()) + " claims instead of " + std::to_string(expected.size()));
  std::uint64_t takenOver = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    auto& claim = batch.claims[i];
    const auto wrong = difference(claim, expected[i], subject_.epoch(), now());
    check(wrong.empty(), "claim " + std::to_string(i) + " of " + by + " has another " + wrong);
    const auto& endpoint = state().endpoints.at(claim.endpoint);
    check(endpoint.paused.empty(), "I5: claimed from a paused endpoint");
    checkWanted(endpoint, claim);
    takenOver += expected[i].takenOver ? 1U : 0U;
    if (!claim.expired && !claim.poisoned) {
      ledger_.attempted(claim);
      if (endpoint.kind == Kind::Item || endpoint.kind == Kind::Endpoint)
        ledger_.startedInLane(claim, claim.key.lane, now());
    }
    held_.push_back(std::move(claim));
  }
  check(batch.reclaimed == takenOver, by + " counts otherwise what it took over");
  while (held_.size() > kMostHeld) held_.erase(held_.begin());
  batch.claims.clear();
  return batch;
}

// Renews a claim that is held, or one that is not held any more, which must change nothing.
bool Driver::renew(Random& random) {
  std::vector<Claim> choice;
  std::copy_if(held_.begin(), held_.end(), std::back_inserter(choice),
               [&](const Claim& claim) { return chosen(claim, random) && (!focused() || valid(claim)); });
  if (choice.empty()) return false;
  const auto& claim = choice[below(random, choice.size())];
  if (valid(claim)) coverClaim(Op::Renew, claim);
  const bool alone = below(random, 2) == 0;
  const auto held = adapters_.queue.renew(adapters_.clock.now(), claim, kLease, alone);
  check(held.ok(), "renew failed");
  if (*held) ledger_.renewedInLane(claim, now() + kLease.count());
  check(*held == reference_.renew(now(), claim, kLease.count(), alone), "renew answers otherwise");
  return true;
}

}  // namespace lull::model
