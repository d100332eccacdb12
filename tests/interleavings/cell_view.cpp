#include "interleavings/cell.hpp"
#include "interleavings/cell_parts.hpp"
#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>

#include <algorithm>

/// What the cell holds, and whether the invariants hold.
namespace lull::interleavings {

namespace {

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

void Cell::takeOver() {
  const auto& keys = shard_.keys();
  const auto sign = std::to_string(sign_.slot()) + ":gone";
  must(shard_.call({"ZADD", keys.signs(), "1", sign}));
  must(shard_.run("takeover",
                  {keys.meta(), keys.signs(), keys.wakeIndex(), keys.leases(endpoint_), keys.state(endpoint_)},
                  {std::to_string(millisOf(now())), sign, "", "1", endpoint_}));
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
