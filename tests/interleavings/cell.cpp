#include "interleavings/cell.hpp"

#include "letter_id.hpp"
#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace lull::interleavings {

namespace {

constexpr Millis kLease{25'000};
constexpr Millis kFirstRetry{5'000};
constexpr std::uint32_t kAssets = 1;
constexpr std::uint32_t kMetafields = 2;
const ItemKey kKey{kAssets, ItemId(std::int64_t{4711})};

redis::ShardSettings shardSettings(const redis::Address& address, const std::string& prefix) {
  redis::ShardSettings settings;
  settings.pool.address = address;
  settings.keyPrefix = prefix;
  return settings;
}

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

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

std::string answer(const Status& status) {
  if (status) return "ok";
  if (status.error().code == ErrorCode::NotFound) return "not found";
  if (status.error().code == ErrorCode::Conflict) return "conflict";
  throw std::runtime_error(status.error().message);
}

template <class T>
std::string answer(const Result<T>& result, const std::string& verb) {
  if (!result && result.error().code == ErrorCode::NotFound) return "not found";
  return verb + " " + std::to_string(must(result));
}

// The part of a webhook-id that tells contents apart: the sequence it was made of.
std::string idOf(const std::string& webhookId) {
  return "id" + webhookId.substr(webhookId.rfind('_') + 1);
}

std::string contentOf(const Message& message) {
  return idOf(message.id) + " upto" + std::to_string(message.upto);
}

std::string describeMessage(const std::string& state, const Message& message) {
  return state + "(" + contentOf(message) + " try" + std::to_string(message.attempts);
}

std::string describeLetter(const DeadLetter& letter) {
  return "letter(" + contentOf(letter.message) + (letter.supersededAt ? " superseded)" : ")");
}

}  // namespace

Cell::Cell(const redis::Address& address, const std::string& prefix, bool everyEvent)
    : shard_(shardSettings(address, prefix), clock_, meter_),
      registry_(shard_),
      admission_(shard_, withoutDebouncing(), [](Instant) {}),
      windows_(shard_, kFirstRetry, Millis{30'000}, [](Instant) {}),
      stream_(shard_, {}, Millis{10'000}),
      queue_(shard_, queueSettings()),
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

void Cell::event() {
  Event event;
  event.type = "AssetCreated";
  event.changeType = kAssets;
  event.itemId = kKey.itemId;
  issued_ = must(admission_.admit({event}, "test")).sequences.at(0);
  events_.push_back(issued_);
  if (!registry_.refresh()) throw std::runtime_error("the registry is not read");
  constexpr std::uint32_t kAllBits = 0x7FFFFFFF;
  must(windows_.fireDue(now(), *registry_.subscribers(), kAllBits));
  must(stream_.fanOut(now(), *registry_.subscribers(), kAllBits));
}

bool Cell::claim() {
  auto batch = must(queue_.claim(now(), {{endpoint_, 16, 16, kLease}}, 16));
  if (batch.claims.empty()) return false;
  const auto& message = batch.claims.at(0).message;
  const auto [sent, isNew] = sent_.emplace(message.id, message.upto);
  if (!isNew && sent->second != message.upto) reused_ = message.id;
  claims_.push_back(std::move(batch.claims.at(0)));
  return true;
}

bool Cell::settle(const Claim& claim, ports::Settlement settlement) {
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
  return must(queue_.settle(now(), {settlement})).settled == 1;
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

std::uint64_t Cell::version() {
  return must(registry_.find(endpoint_)).version;
}

std::string Cell::edit(bool enabled, std::uint32_t changeTypes) {
  auto registration = must(registry_.find(endpoint_)).registration;
  registration.enabled = enabled;
  registration.changeTypes = changeTypes;
  must(registry_.replace(endpoint_, version(), registration));
  return "ok";
}

std::string Cell::pause() {
  return edit(false, kAssets | kMetafields);
}

std::string Cell::resume() {
  return edit(true, kAssets | kMetafields);
}

std::string Cell::remove() {
  forgone_ = issued_;
  return answer(registry_.remove(endpoint_));
}

std::string Cell::unsubscribe() {
  forgone_ = issued_;
  return edit(true, kMetafields);
}

std::string Cell::purgeQueue() {
  forgoQueue();
  return answer(view_.purge(endpoint_, {}), "purged");
}

std::string Cell::retryQueue() {
  return answer(view_.retry(endpoint_, {}), "retried");
}

std::optional<DeadLetter> Cell::letter() {
  auto page = must(letters_.list({}, {}));
  if (page.items.empty()) return std::nullopt;
  return page.items.at(0);
}

std::optional<redis::StoredMessage> Cell::stored(const std::string& field) {
  const auto reply = must(shard_.call({"HGET", shard_.keys().messages(endpoint_), field}));
  if (reply.kind != redis::Reply::Kind::String) return std::nullopt;
  const auto key = MessageKey::fromPacked(field).value_or(MessageKey::ofItem(kKey));
  return redis::readMessage(reply.text, key, shard_.epoch(), endpoint_);
}

// What is stored of messages, in the order of their keys: of a debounced endpoint the message and its successor.
std::vector<std::string> Cell::fields() {
  if (!everyEvent_) return {kKey.packed(), "+" + kKey.packed()};
  std::vector<std::string> fields;
  for (const auto& field : must(shard_.call({"HKEYS", shard_.keys().messages(endpoint_)})).items)
    fields.push_back(field.text);
  std::sort(fields.begin(), fields.end());
  return fields;
}

// The message that the table is about: of a lane the last one.
std::string Cell::subject() {
  const auto all = fields();
  return everyEvent_ ? (all.empty() ? "" : all.back()) : kKey.packed();
}

void Cell::forgo(std::uint64_t upto) {
  discharged_.insert(upto);
  if (!everyEvent_) forgone_ = std::max(forgone_, upto);
}

void Cell::forgoQueue() {
  for (const auto& field : fields()) {
    if (const auto queued = stored(field)) forgo(queued->message.upto);
  }
}

void Cell::forgoLetter() {
  if (const auto chosen = letter()) forgone_ = std::max(forgone_, chosen->message.upto);
}

std::string Cell::retryLetter() {
  const auto chosen = letter();
  const auto retried = letters_.retryOne(chosen ? chosen->id : "dl_none");
  return answer(retried ? Status(Done{}) : Status(retried.error()));
}

std::string Cell::retryLetters() {
  const auto outcome = must(letters_.retryMany({{}, true, false}));
  return "retried " + std::to_string(outcome.done) + ", skipped " + std::to_string(outcome.skipped);
}

std::string Cell::purgeLetter() {
  const auto chosen = letter();
  forgoLetter();
  return answer(letters_.purgeOne(chosen ? chosen->id : "dl_none"));
}

std::string Cell::purgeLetters() {
  forgoLetter();
  return "purged " + std::to_string(must(letters_.purgeMany({})).done);
}

std::string Cell::expireLetters() {
  forgoLetter();
  return "expired " + std::to_string(must(letters_.expire(now() + Millis{1}, {})));
}

std::string Cell::purgeSeenLetter() {
  const auto chosen = letter();
  if (!chosen) return "saw none";
  const auto number = std::to_string(redis::parseLetterId(chosen->id).value().number);
  const std::vector<std::string> seen{endpoint_,
                                      "purged",
                                      kKey.packed(),
                                      number,
                                      std::to_string(millisOf(chosen->deadAt)),
                                      std::to_string(chosen->message.upto)};
  event();
  if (claim()) bury();
  const auto& keys = shard_.keys();
  const auto removed = must(shard_.run(
      "letters_remove",
      {keys.meta(), keys.counters(), keys.letterIndex(), keys.letters(endpoint_), keys.letterOrder(endpoint_)}, seen));
  if (removed.integer > 0) forgone_ = std::max(forgone_, chosen->message.upto);
  return "purged " + std::to_string(removed.integer);
}

std::string Cell::purgeSeenMessage() {
  const auto field = subject();
  const auto seen = stored(field);
  if (!seen) return "saw none";
  event();
  ports::QueueFilter filter;
  filter.ids = {seen->message.id};
  const auto there = stored(field);
  if (there->message.id == seen->message.id) forgo(there->message.upto);
  return answer(view_.purge(endpoint_, filter), "purged");
}

std::string Cell::placeOf(const redis::StoredMessage& queued) {
  if (queued.leased) return queued.aside ? "leased aside" : "leased";
  if (queued.aside) return "aside";
  const auto behind = must(shard_.call({"ZSCORE", shard_.keys().behind(endpoint_), queued.key.packed()}));
  return behind.kind == redis::Reply::Kind::Nil ? "waiting" : "behind";
}

std::string Cell::describeDue(const redis::StoredMessage& queued, const std::string& order) {
  const auto due = must(shard_.call({"ZSCORE", order, queued.key.packed()}));
  const auto seconds = (millisOf(redis::instantOfScore(due.text)) - millisOf(now())) / 1000;
  return (seconds <= 0 ? " due" : " in" + std::to_string(seconds) + "s") +
         (redis::instantOfScore(due.text) < queued.entryDue ? " early" : "");
}

std::string Cell::tombstones() {
  std::string text;
  for (const auto& field : must(shard_.call({"HKEYS", shard_.keys().heads(endpoint_)})).items) {
    if (field.text.starts_with('!'))
      text += "tombstone(" + std::to_string(*MessageKey::fromPacked(field.text.substr(1)).value().sequence) + ")";
  }
  return text;
}

std::string Cell::describe() {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  if (const auto purged = tombstones(); !purged.empty()) add(purged);
  for (const auto& field : fields()) {
    const auto queued = stored(field);
    if (!queued) continue;
    const auto place = field.starts_with('+') ? "successor" : placeOf(*queued);
    auto part = describeMessage(place, queued->message);
    if (place == "waiting") part += describeDue(*queued, shard_.keys().queue(endpoint_));
    if (place == "aside") part += describeDue(*queued, shard_.keys().setAside(endpoint_));
    add(part + ")");
  }
  if (const auto chosen = letter()) add(describeLetter(*chosen));
  return text.empty() ? "-" : text;
}

std::string Cell::counted() {
  const auto now = must(stats_.counters());
  std::map<std::string, std::uint64_t> after{{"created", now.created},     {"revived", now.revived},
                                             {"delivered", now.delivered}, {"superseded", now.superseded},
                                             {"buried", now.deadLettered}, {"cancelled", now.cancelled}};
  for (const auto& [reason, count] : now.deadLettersRemoved) after["letters " + reason] = count;
  std::string text;
  for (const auto& [name, count] : after) {
    if (count == before_[name]) continue;
    text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count - before_[name]);
  }
  before_ = std::move(after);
  return text.empty() ? "-" : text;
}

void Cell::outliveLeases() {
  clock_.advance(kLease + Millis{5000});
}

std::string Cell::next() {
  outliveLeases();
  if (!claim()) return "-";
  const auto& message = claims_.back().message;
  return idOf(message.id) + " try" + std::to_string(message.attempts) + (claims_.back().broughtForward ? " early" : "");
}

std::string Cell::invented() {
  for (const auto& field : fields()) {
    const auto queued = stored(field);
    if (queued && queued->message.upto > issued_) return "queued: " + contentOf(queued->message);
  }
  const auto chosen = letter();
  if (chosen && chosen->message.upto > issued_) return "dead: " + contentOf(chosen->message);
  return {};
}

std::string Cell::unbalanced() {
  const auto c = must(stats_.counters());
  const auto in = c.created + c.revived;
  const auto out = c.delivered + c.superseded + c.deadLettered + c.cancelled + c.pending;
  if (in == out) return {};
  return std::to_string(in) + " came in, " + std::to_string(out) + " are accounted for";
}

std::string Cell::lostAfterHealing() {
  const bool deleted = !registry_.find(endpoint_);
  if (!deleted && !must(registry_.find(endpoint_)).registration.enabled) resume();
  constexpr int kMoreThanEnough = 10;
  for (int i = 0; must(stats_.counters()).pending > 0; ++i) {
    if (i == kMoreThanEnough) return "what is left is never handed out: " + describe();
    clock_.advance(std::chrono::minutes(10));
    if (claim()) complete();
  }
  if (!reused_.empty()) return reused_ + " stood for two contents";
  if (everyEvent_) {
    for (const auto event : events_)
      if (event > forgone_ && !discharged_.contains(event)) return "event " + std::to_string(event) + " was lost";
    return {};
  }
  const auto dead = letter();
  const auto covered = std::max({delivered_, forgone_, dead ? dead->message.upto : 0});
  if (covered >= issued_) return {};
  return "event " + std::to_string(issued_) + " is covered by nothing: only up to " + std::to_string(covered);
}

}  // namespace lull::interleavings
