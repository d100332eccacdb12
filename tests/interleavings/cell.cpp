#include "interleavings/cell.hpp"

#include "interleavings/cell_parts.hpp"

#include <lull/redis/keys.hpp>

#include <algorithm>
#include <utility>

namespace lull::interleavings {

namespace {

redis::ShardSettings shardSettings(const redis::Address& address, const std::string& prefix) {
  redis::ShardSettings settings;
  settings.pool.address = address;
  settings.keyPrefix = prefix;
  return settings;
}

constexpr std::uint32_t kMost = 16;

redis::AdmissionSettings withoutDebouncing() {
  redis::AdmissionSettings settings;
  settings.interval = settings.maxWait = Millis{0};
  return settings;
}

// The breaker is off and MaxAge far: the table is about what happens to one message. They have tests of their own.
redis::QueueSettings queueSettings() {
  redis::QueueSettings settings;
  settings.maxAge = std::chrono::hours(96);
  settings.firstRetryDelay = kFirstRetry;
  settings.breakerFailures = 0;
  settings.probe = settings.maxProbe = Millis{10'000};
  return settings;
}

}  // namespace

Cell::Cell(const redis::Address& address, const std::string& prefix, bool everyEvent)
    : shard_(shardSettings(address, prefix), clock_, meter_),
      registry_(shard_),
      admission_(shard_, withoutDebouncing(), [](const ports::DueNote&) {}),
      windows_(shard_, {kFirstRetry, Millis{30'000}}, sign_, [](const ports::DueNote&) {}),
      stream_(shard_, {}, Millis{10'000}),
      queue_(shard_, queueSettings(), sign_),
      view_(shard_, registry_, [] {}),
      letters_(shard_, registry_, kFirstRetry, {}, [] {}),
      stats_(shard_, registry_),
      everyEvent_(everyEvent) {
  // Numbers from 1 are easier to read in the table than microseconds.
  must(shard_.call({"HSET", redis::Keys(prefix).meta(), "seq", "0", "rev", "0", "token", "0", "letter", "0"}));
  Registration registration;
  registration.name = "the only one";
  registration.webhook().url = "http://127.0.0.1/";
  registration.changeTypes = kAssets | kMetafields;
  registration.webhook().secrets.current = "whsec_";
  if (everyEvent) {
    registration.telling.delivery = Delivery::Every;
    registration.telling.order = Order::Endpoint;
  }
  endpoint_ = must(registry_.create(registration, {})).endpoint.id;
  admitting_ = std::thread([this] { admission_.run(); });
}

Cell::~Cell() {
  admission_.stop();
  admitting_.join();
}

ports::ClaimBatch Cell::arrive(const ports::Permits& permits) {
  Event event;
  event.type = "AssetCreated";
  event.changeType = kAssets;
  event.itemId = kKey.itemId;
  issued_ = must(admission_.admit({event}, "test")).sequences.at(0);
  events_.push_back(issued_);
  if (!registry_.refresh()) throw std::runtime_error("the registry is not read");
  constexpr std::uint32_t kAllBits = 0x7FFFFFFF;
  auto fired = must(windows_.fireDue(now(), *registry_.subscribers(), kAllBits, permits));
  must(stream_.fanOut(now(), *registry_.subscribers(), kAllBits));
  return std::move(fired.leased);
}

void Cell::event() {
  arrive({});
}

bool Cell::eventAtOnce() {
  ports::Permits permits;
  permits.most = kMost;
  permits.leaseMargin = kLease - permits.timeout;
  return hold(arrive(permits));
}

bool Cell::claim() {
  return hold(must(queue_.claim(now(), {{endpoint_, kMost, kMost, kLease}}, kMost)));
}

bool Cell::hold(ports::ClaimBatch batch) {
  if (batch.claims.empty()) return false;
  const auto& message = batch.claims.at(0).message;
  const auto [sent, isNew] = sent_.emplace(message.id, message.upto);
  if (!isNew && sent->second != message.upto) reused_ = message.id;
  claims_.push_back(std::move(batch.claims.at(0)));
  return true;
}

ports::SettleOutcome Cell::settleAndClaim(const Claim& claim, ports::Settlement settlement, std::uint32_t most) {
  settlement.endpoint = claim.endpoint;
  settlement.key = claim.key;
  settlement.token = claim.token;
  AttemptRecord attempt;
  attempt.at = now();
  attempt.messageId = claim.message.id;
  attempt.key = claim.message.key;
  attempt.attempt = claim.message.attempts;
  const bool success = settlement.action == ports::SettleAction::Complete;
  attempt.outcome = success ? Outcome::Delivered : Outcome::Retryable;
  attempt.code = success ? 200 : settlement.action == ports::SettleAction::Park ? 429 : 500;
  settlement.attempt = attempt;
  // A receiver that answered 2xx has the content, whether or not the settling comes in time.
  if (success) {
    delivered_ = std::max(delivered_, claim.message.upto);
    discharged_.insert(claim.message.upto);
  }
  return must(queue_.settle(now(), {settlement}, {{{endpoint_, kMost, most, kLease}}, most}));
}

bool Cell::settle(const Claim& claim, ports::Settlement settlement) {
  return settleAndClaim(claim, std::move(settlement), 0).settled == 1;
}

void Cell::complete() {
  if (!settle(claims_.back(), {})) throw std::runtime_error("the lease was lost");
}

void Cell::fail(Millis in) {
  ports::Settlement settlement;
  settlement.action = ports::SettleAction::Reschedule;
  settlement.due = now() + in;
  settlement.step = claims_.back().step + 1;
  if (!settle(claims_.back(), settlement)) throw std::runtime_error("the lease was lost");
}

void Cell::park(Millis until) {
  ports::Settlement settlement;
  settlement.action = ports::SettleAction::Park;
  settlement.due = now() + until;
  if (!settle(claims_.back(), settlement)) throw std::runtime_error("the lease was lost");
}

void Cell::setAside(Millis until) {
  ports::Settlement settlement;
  settlement.action = ports::SettleAction::SetAside;
  settlement.due = now() + until;
  settlement.step = claims_.back().step + 1;
  if (!settle(claims_.back(), settlement)) throw std::runtime_error("the lease was lost");
}

void Cell::purgeClaimed() {
  ports::QueueFilter filter;
  filter.ids = {claims_.back().message.id};
  if (must(view_.purge(endpoint_, filter)) != 1) throw std::runtime_error("nothing was purged");
  forgo(claims_.back().message.upto);
}

void Cell::bury() {
  ports::Settlement settlement;
  settlement.action = ports::SettleAction::Bury;
  if (!settle(claims_.back(), settlement)) throw std::runtime_error("the lease was lost");
}

void Cell::buryAndClaim() {
  ports::Settlement settlement;
  settlement.action = ports::SettleAction::Bury;
  auto outcome = settleAndClaim(claims_.back(), settlement, kMost);
  if (outcome.settled != 1 || !hold(std::move(outcome.next))) throw std::runtime_error("nothing was claimed");
}

std::string Cell::completeAndClaim() {
  auto outcome = settleAndClaim(held(), {}, kMost);
  const std::string answer = outcome.settled == 1 ? "settled, " : "stale, ";
  return answer + (hold(std::move(outcome.next)) ? "claimed" : "nothing");
}

Claim Cell::held() const {
  if (!claims_.empty()) return claims_.back();
  Claim invented;
  invented.endpoint = endpoint_;
  invented.message.key = kKey;
  invented.key = MessageKey::ofItem(kKey);
  return invented;
}

bool Cell::completeLate(const Claim& claim) {
  return settle(claim, {});
}

}  // namespace lull::interleavings
