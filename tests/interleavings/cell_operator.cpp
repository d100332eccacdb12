#include "interleavings/cell.hpp"
#include "interleavings/cell_parts.hpp"
#include "letter_id.hpp"

#include <lull/redis/keys.hpp>

#include <algorithm>

/// What an operator does to the cell.
namespace lull::interleavings {

namespace {

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

}  // namespace

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
  // The letter's only death so far: it has the letter's number.
  const auto death = std::to_string(redis::parseLetterId(chosen->id).value().number);
  const std::vector<std::string> seen{endpoint_, "purged", "0", "", kKey.packed(), death};
  event();
  if (claim()) bury();
  const auto& keys = shard_.keys();
  const auto removed = must(shard_.run("letters_remove",
                                       {keys.meta(), keys.counters(), keys.letterIndex(), keys.letters(endpoint_),
                                        keys.letterOrder(endpoint_), keys.groups(), keys.jobs()},
                                       seen));
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

}  // namespace lull::interleavings
