#include "model/ledger.hpp"

#include <algorithm>

namespace lull::model {

namespace {

std::string naming(const std::string& endpoint, const KeyName& key) {
  return " (" + endpoint + " " + key + ")";
}

}  // namespace

void Ledger::admitted(const EndpointName& endpoint, const KeyName& key, std::uint64_t sequence) {
  auto& owed = owed_[{endpoint, key}];
  owed = std::max(owed, sequence);
}

void Ledger::fired(const KeyName& key, Ms now, Ms distance, bool flushed) {
  const auto [before, first] = fired_.try_emplace(key, now);
  if (first) return;
  if (!flushed && now - before->second < distance) {
    throw ModelFailure("I3: two windows of " + key + " fired " + std::to_string(now - before->second) + " ms apart");
  }
  before->second = now;
}

void Ledger::attempted(const Claim& claim) {
  const Place place{claim.endpoint, claim.message.key.packed()};
  const auto& message = claim.message;
  const Sent sent{message.upto, message.eventCount, message.payload.baseId.packed() + message.payload.eventType};
  auto& known = byId_.try_emplace(message.id, Known{place, sent}).first->second;
  if (known.place != place || known.sent != sent)
    throw ModelFailure("I4: " + message.id + " names two contents" + naming(place.first, place.second));
  ++known.attempts;
  const auto [id, isNewContent] = byContent_.try_emplace({place, message.upto}, message.id);
  if (!isNewContent && id->second != message.id)
    throw ModelFailure("I4: the same content is sent as " + id->second + " and as " + message.id);
  auto& highest = attempts_[place];
  if (message.upto < highest)
    throw ModelFailure("I6: upto fell from " + std::to_string(highest) + " to " + std::to_string(message.upto) +
                       naming(place.first, place.second));
  highest = message.upto;
}

void Ledger::withdrawn(const Claim& claim) {
  const auto known = byId_.find(claim.message.id);
  if (known == byId_.end() || --known->second.attempts > 0) return;
  byContent_.erase({known->second.place, known->second.sent.upto});
  byId_.erase(known);
}

void Ledger::delivered(const Claim& claim) {
  if (!successes_.insert(claim.message.id).second) throw ModelFailure("I4: two successes of " + claim.message.id);
  givenUp(claim.endpoint, claim.message.key.packed(), claim.message.upto);
}

void Ledger::givenUp(const EndpointName& endpoint, const KeyName& key, std::uint64_t upto) {
  auto& discharged = discharged_[{endpoint, key}];
  discharged = std::max(discharged, upto);
}

void Ledger::unsubscribed(const EndpointName& endpoint, const KeyName& key) {
  owed_.erase({endpoint, key});
  orderVoid(endpoint, key);
}

void Ledger::judge(const State& state) const {
  for (const auto& [place, sequence] : owed_) {
    const auto found = discharged_.find(place);
    std::uint64_t reached = found == discharged_.end() ? 0 : found->second;
    const auto& letters = state.letters.at(place.first);
    if (const auto letter = letters.find(place.second); letter != letters.end())
      reached = std::max(reached, letter->second.message.content.upto);
    if (reached < sequence)
      throw ModelFailure("I1: event " + std::to_string(sequence) + " was lost, reached " + std::to_string(reached) +
                         naming(place.first, place.second));
  }
}

}  // namespace lull::model
