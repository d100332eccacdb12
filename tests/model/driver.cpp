#include "model/driver.hpp"

#include "model/words.hpp"

namespace lull::model {

const std::vector<ItemKey>& modelKeys() {
  static const std::vector<ItemKey> keys{{1, ItemId(1)}, {1, ItemId(std::string("1"))}, {2, ItemId(1)}};
  return keys;
}

Driver::Driver(Subject& subject, const Mixture& mixture, std::uint32_t seed, AllCoverage& coverage)
    : subject_(subject),
      keys_(modelKeys().begin(), modelKeys().begin() + static_cast<std::ptrdiff_t>(mixture.keys)),
      reference_(mixture.rules),
      coverage_(coverage.debounced),
      lanes_(coverage.lanes),
      turns_(coverage.turns),
      adapters_(subject.begin(mixture.rules)),
      hasLanes_(mixture.lanes) {
  Random random(seed);
  const auto endpoints = 1 + below(random, 2);
  for (std::uint32_t i = 0; i < endpoints; ++i) {
    Change as{i == 0 ? 3 : 1 + below(random, 3)};
    if (mixture.lanes) {
      as.kind = i == 0 ? mixture.kind : static_cast<Kind>(below(random, 4));
      as.stop = i == 0 ? mixture.stop : as.kind == Kind::Endpoint && below(random, 2) == 0;
    }
    if (!mixture.hasGoal) as.limits = drawLimits(random);
    if (!mixture.hasGoal && below(random, 2) == 0) as.filter = drawFilter(random);
    createEndpoint(as);
  }
}

void Driver::check(bool holds, const std::string& what) const {
  if (!holds) throw ModelFailure(what);
}

bool Driver::apply(const Step& step) {
  Random random(step.seed);
  focus_ = step.focus;
  bool done = false;
  switch (step.op) {
    case Op::Admit:
    case Op::AdmitLagging:
      done = admit(step.op, random);
      break;
    case Op::Fire:
    case Op::FireLease:
      done = fire(step.op, random);
      break;
    case Op::Fan:
      done = fan(random);
      break;
    case Op::ChangeKind:
      done = changeKind(random);
      break;
    case Op::Claim:
      done = claim(random);
      break;
    case Op::LateSettle:
      done = settleLate(random);
      break;
    case Op::Renew:
      done = renew(random);
      break;
    case Op::Pause:
    case Op::Resume:
    case Op::ChangeMask:
    case Op::ChangeFilter:
      done = editEndpoint(step.op, random);
      break;
    case Op::Recreate:
      done = recreate(random);
      break;
    case Op::RetryLetter:
    case Op::PurgeLetter:
      done = oneLetter(step.op, random);
      break;
    case Op::RetryLetters:
    case Op::PurgeLetters:
    case Op::ExpireLetters:
      done = manyLetters(step.op, random);
      break;
    case Op::RetryQueue:
    case Op::PurgeQueue:
      done = operateQueue(step.op, random);
      break;
    case Op::Flush:
      done = flush(random);
      break;
    case Op::Advance:
      return advance(random);  // Redis is not asked: nothing can differ
    case Op::Restart:
      coverAll(step.op);
      subject_.restart();
      reference_.restart();
      done = true;
      break;
    default:
      done = settleOne(step.op, random);
  }
  if (done) compare();
  return done;
}

void Driver::compare() {
  EndpointNames names;
  for (const auto& id : ids_) (state().endpoints.contains(id) ? names.existing : names.deleted).push_back(id);
  const auto seen = subject_.observe(names);
  check(seen.inconsistency.empty(), "Redis contradicts itself:\n" + seen.inconsistency);
  if (!(seen.state == state())) throw ModelFailure("the states differ:\n" + difference(state(), seen.state));
  checkWake(seen);
  if (told_) checkTold(seen);
  told_.reset();
  visited_.clear();
  const auto counter = [&](const char* name) {
    const auto found = seen.state.counters.find(name);
    return found == seen.state.counters.end() ? 0 : found->second;
  };
  std::uint64_t pending = 0;
  for (const auto& [id, endpoint] : seen.state.endpoints) {
    for (const auto& [key, slot] : endpoint.queue) {
      pending += slot.successor ? 2U : 1U;
      const auto upto = slot.successor ? slot.successor->content.upto : slot.message.content.upto;
      check(upto <= seen.state.sequence && slot.message.content.upto <= upto, "I5: an upto that was never issued");
    }
  }
  check(counter("created") + counter("revived") ==
            counter("delivered") + counter("superseded") + counter("deadLettered") + counter("cancelled") + pending,
        "I8: the counters do not add up");
}

// I2 as far as Redis can break it: a dispatcher looks at an endpoint no later than it could claim from it.
void Driver::checkWake(const Observation& seen) const {
  for (const auto& [id, endpoint] : state().endpoints) {
    const auto next = reference_.nextClaim(now(), id);
    const auto wake = seen.wake.find(id);
    if (!next) continue;
    check(wake != seen.wake.end(),
          "I2: nobody will look at " + id + ", which has something at " + std::to_string(*next));
    check(wake->second <= *next, "I2: " + id + " is looked at " + std::to_string(wake->second - *next) + " ms late");
  }
  for (const auto& [id, at] : seen.wake)
    check(state().endpoints.contains(id), "the wake-up index names the deleted " + id);
}

// A reply that names ready endpoints spares its reader a look into the wake-up index. Of the endpoints that the call
// visited the index is exact: who looks earlier looks in vain.
void Driver::checkTold(const Observation& seen) const {
  std::set<EndpointName> ready;
  std::optional<Instant> nextWake;
  for (const auto& [id, at] : seen.wake) {
    if (at <= now()) {
      ready.insert(id);
    } else {
      nextWake = std::min(nextWake.value_or(Instant::max()), instantOf(at));
    }
  }
  check(
      std::set<EndpointName>(told_->ready.begin(), told_->ready.end()) == ready && told_->ready.size() == ready.size(),
      "the reply names " + std::to_string(told_->ready.size()) + " as ready and not the " +
          std::to_string(ready.size()) + " that the index does");
  check(told_->nextWake == nextWake, "the reply names another time at which something is due next");
  for (const auto& id : visited_) {
    const auto found = seen.wake.find(id);
    constexpr Ms kNever = -1;
    const auto next = state().endpoints.contains(id) ? reference_.nextClaim(now(), id).value_or(kNever) : kNever;
    check((found == seen.wake.end() ? kNever : std::max(found->second, now())) == next,
          "I2: " + id + " was visited and is looked at " +
              (found == seen.wake.end() ? "never" : "at " + std::to_string(found->second)) + " instead of at " +
              std::to_string(next));
  }
}

void Driver::cover(Op op, const EndpointName& endpoint, const KeyName& key) {
  const auto found = state().endpoints.find(endpoint);
  if (found == state().endpoints.end()) return;
  if (found->second.kind == Kind::Debounced) return coverage_.met(state(), endpoint, key, op, now());
  if (isAboutLetters(op)) return lanes_.met(found->second.kind, LaneState::Dead, op);
  lanes_.metAll(state(), endpoint, op, now());
}

// A settlement is about its message, and about what stands behind that.
void Driver::coverClaim(Op op, const Claim& claim) {
  const auto found = state().endpoints.find(claim.endpoint);
  const auto key = claim.key.packed();
  if (found == state().endpoints.end()) return;
  const auto& endpoint = found->second;
  if (endpoint.kind == Kind::Debounced) return cover(op, claim.endpoint, key);
  lanes_.met(endpoint.kind, laneStateOf(endpoint, key, now()), op);
  const auto lane = endpoint.own.lanes.find(claim.key.lane);
  if (lane != endpoint.own.lanes.end() && lane->second.size() > 1) lanes_.met(endpoint.kind, LaneState::Behind, op);
}

void Driver::coverEndpoint(Op op, const EndpointName& endpoint) {
  const auto found = state().endpoints.find(endpoint);
  if (found == state().endpoints.end()) return;
  if (found->second.kind != Kind::Debounced) return lanes_.metAll(state(), endpoint, op, now());
  for (const auto& key : keys_) cover(op, endpoint, key.packed());
}

void Driver::coverAll(Op op) {
  for (const auto& [id, endpoint] : state().endpoints) coverEndpoint(op, id);
}

}  // namespace lull::model
