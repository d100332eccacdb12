#include "model/ledger.hpp"

#include <algorithm>

namespace lull::model {

namespace {

std::string naming(const std::string& endpoint, const KeyName& key) {
  return " (" + endpoint + " " + key + ")";
}

}  // namespace

KeyName Ledger::placeOf(const MessageKey& key, const KeyName& item, std::uint64_t idSequence, std::uint64_t upto) {
  return key.sequence && idSequence == upto ? item + "#" + std::to_string(upto) : item;
}

KeyName Ledger::placeOf(const Claim& claim) {
  const auto& id = claim.message.id;
  return placeOf(claim.key, claim.message.key.packed(), std::stoull(id.substr(id.rfind('_') + 1)), claim.message.upto);
}

void Ledger::startedInLane(const Claim& claim, const std::string& lane, Ms now) {
  const Place place{claim.endpoint, lane};
  const auto flight = flights_.find(place);
  if (flight != flights_.end() && flight->second.until > now)
    throw ModelFailure("I6: " + claim.message.id + " is started before the one ahead of it has ended");
  flights_[place] = {claim.token, now + claim.lease.count()};
  if (claim.message.replay) return;
  auto& highest = inLane_[place];
  if (claim.message.upto < highest) throw ModelFailure("I6: " + claim.message.id + " comes after a later event");
  highest = claim.message.upto;
}

void Ledger::renewedInLane(const Claim& claim, Ms until) {
  for (auto& [place, flight] : flights_)
    if (place.first == claim.endpoint && flight.token == claim.token) flight.until = until;
}

void Ledger::endedInLane(const EndpointName& endpoint, std::uint64_t token) {
  std::erase_if(flights_,
                [&](const auto& entry) { return entry.first.first == endpoint && entry.second.token == token; });
}

void Ledger::lanesChanged(const EndpointName& endpoint) {
  std::erase_if(flights_, [&](const auto& entry) { return entry.first.first == endpoint; });
  std::erase_if(inLane_, [&](const auto& entry) { return entry.first.first == endpoint; });
}

void Ledger::admitted(const EndpointName& endpoint, const KeyName& key, std::uint64_t sequence) {
  owed_[{endpoint, key}].insert(sequence);
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
  const Place place{claim.endpoint, placeOf(claim)};
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
  givenUp(claim.endpoint, placeOf(claim), claim.message.upto);
}

void Ledger::givenUp(const EndpointName& endpoint, const KeyName& key, std::uint64_t upto) {
  auto& discharged = discharged_[{endpoint, key}];
  discharged = std::max(discharged, upto);
}

void Ledger::missed(const EndpointName& endpoint, const KeyName& place) {
  owed_.erase({endpoint, place});
}

void Ledger::unwanted(const EndpointName& endpoint, const KeyName& item, std::uint64_t sequence) {
  for (const auto& place : {item, item + "#" + std::to_string(sequence)}) {
    const auto owed = owed_.find({endpoint, place});
    if (owed == owed_.end()) continue;
    owed->second.erase(sequence);
    if (owed->second.empty()) owed_.erase(owed);
  }
}

void Ledger::unsubscribed(const EndpointName& endpoint, const KeyName& item) {
  const auto isOfIt = [&](const auto& entry) {
    const auto& [id, place] = entry.first;
    return id == endpoint && (place == item || place.starts_with(item + "#"));
  };
  std::erase_if(owed_, isOfIt);
  std::erase_if(attempts_, isOfIt);
}

void Ledger::judge(const State& state) const {
  std::map<Place, std::uint64_t> dead;
  for (const auto& [id, letters] : state.letters) {
    for (const auto& [key, letter] : letters) {
      const auto& message = letter.message;
      const auto item = message.item.empty() ? key : message.item;
      auto& upto = dead[{id, placeOf(*MessageKey::fromPacked(key), item, message.idSequence, message.content.upto)}];
      upto = std::max(upto, message.content.upto);
      auto& ofItem = dead[{id, item}];
      ofItem = std::max(ofItem, message.content.upto);
    }
  }
  // Whoever is told of an event knows of the item's earlier ones, too.
  for (const auto& [place, sequences] : owed_) {
    const auto sequence = *sequences.rbegin();
    const auto found = discharged_.find(place);
    std::uint64_t reached = found == discharged_.end() ? 0 : found->second;
    if (const auto letter = dead.find(place); letter != dead.end()) reached = std::max(reached, letter->second);
    if (reached < sequence)
      throw ModelFailure("I1: event " + std::to_string(sequence) + " was lost, reached " + std::to_string(reached) +
                         naming(place.first, place.second));
  }
}

}  // namespace lull::model
