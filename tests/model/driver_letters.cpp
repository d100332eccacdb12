#include "letter_id.hpp"
#include "model/driver.hpp"

#include <algorithm>
#include <limits>

/// What operators do with dead letters.
namespace lull::model {

std::vector<LetterName> Driver::lettersOf(
    const std::function<bool(const EndpointName&, const LetterModel&)>& chosen) const {
  std::vector<LetterName> names;
  for (const auto& [id, letters] : state().letters)
    for (const auto& [key, letter] : letters)
      if (chosen(id, letter)) names.push_back({id, key});
  return names;
}

// As a dry run sees it, which knows neither for how many there is room, nor what the letters are about.
bool Driver::isRetryable(const LetterName& name, bool supersededToo) const {
  const auto& letter = state().letters.at(name.endpoint).at(name.key);
  const auto endpoint = state().endpoints.find(name.endpoint);
  const auto bit = changeTypeOf(itemOf(name.key, letter.message));
  return endpoint != state().endpoints.end() && (endpoint->second.mask & bit) != 0 &&
         (supersededToo || letter.supersededAt == 0);
}

// Letters are retried in calls of one endpoint each, those first whose first letter that can be retried died first.
void Driver::byEndpoint(std::vector<LetterName>& names, bool supersededToo) const {
  std::vector<EndpointName> order;
  for (const auto& name : names) {
    if (isRetryable(name, supersededToo) && std::find(order.begin(), order.end(), name.endpoint) == order.end())
      order.push_back(name.endpoint);
  }
  const auto rank = [&](const LetterName& name) { return std::find(order.begin(), order.end(), name.endpoint); };
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

bool Driver::oneLetter(Op op, Random& random) {
  auto all = lettersOf([](const auto&, const auto&) { return true; });
  if (focused())
    std::erase_if(all, [&](const LetterName& name) {
      const auto& letter = state().letters.at(name.endpoint).at(name.key);
      return name.endpoint != ids_.front() || itemOf(name.key, letter.message) != anyKey(random).packed();
    });
  if (all.empty()) return false;
  const auto& name = all[below(random, all.size())];
  cover(op, name.endpoint, name.key);
  const LetterModel letter = state().letters.at(name.endpoint).at(name.key);
  const auto id = redis::letterId({name.endpoint, MessageKey::fromPacked(name.key).value(), letter.number});
  if (op == Op::PurgeLetter) {
    check(adapters_.letters.purgeOne(id).ok(), "purging a letter failed");
    forgo(name.endpoint, name.key, letter.message);
    reference_.removeLetters({name}, "purged");
  } else {
    const auto retried = adapters_.letters.retryOne(id);
    const auto expected = reference_.retryLetters(now(), {name}, false);
    check(retried.ok() == (expected.retried == 1), "retrying a letter went otherwise");
    check(retried.ok() || retried.error().code == ErrorCode::Conflict, "retrying a letter failed otherwise");
    if (!retried.ok()) return true;
  }
  const auto gone = [](const auto& again) { return !again.ok() && again.error().code == ErrorCode::NotFound; };
  const bool found =
      op == Op::PurgeLetter ? !gone(adapters_.letters.purgeOne(id)) : !gone(adapters_.letters.retryOne(id));
  check(!found, "a letter that is gone was found");
  return true;
}

bool Driver::manyLetters(Op op, Random& random) {
  const bool all = focused() || below(random, 2) == 0;
  const auto only = ids_[below(random, ids_.size())];
  Ms before = std::numeric_limits<Ms>::max();
  if (op == Op::ExpireLetters) before = focused() ? now() + 1 : now() - static_cast<Ms>(below(random, 60'000));
  auto names = lettersOf([&](const EndpointName& id, const LetterModel& letter) {
    return (op == Op::ExpireLetters || all || id == only) && letter.deadAt < before;
  });
  // They are retried in the order they died.
  std::sort(names.begin(), names.end(), [&](const LetterName& a, const LetterName& b) {
    const auto death = [&](const LetterName& name) {
      const auto& letter = state().letters.at(name.endpoint).at(name.key);
      return std::pair(letter.deadAt, letter.death);
    };
    return death(a) < death(b);
  });
  if (names.empty()) return false;
  for (const auto& name : names) cover(op, name.endpoint, name.key);
  ports::BulkRequest request;
  if (!all) request.filter.endpointId = only;
  request.includeSuperseded = below(random, 2) == 0;
  if (op == Op::RetryLetters) {
    request.dryRun = true;
    const auto can = static_cast<std::uint64_t>(
        std::ranges::count_if(names, [&](const auto& name) { return isRetryable(name, request.includeSuperseded); }));
    const auto counted = adapters_.letters.retryMany(request);
    request.dryRun = false;
    const auto done = adapters_.letters.retryMany(request);
    byEndpoint(names, request.includeSuperseded);
    if (request.includeSuperseded)
      for (const auto& name : names) ledger_.orderVoid(name.endpoint, name.key);
    const auto expected = reference_.retryLetters(now(), names, request.includeSuperseded);
    check(done.ok() && done->done == expected.retried && done->skipped == expected.skipped && done->remaining == 0,
          "retrying letters counts otherwise");
    check(counted.ok() && counted->done == can && counted->skipped == names.size() - can, "a dry run counts otherwise");
    return true;
  }
  for (const auto& name : names) forgo(name.endpoint, name.key, state().letters.at(name.endpoint).at(name.key).message);
  if (op == Op::PurgeLetters) {
    const auto done = adapters_.letters.purgeMany(request);
    check(done.ok() && done->done == names.size() && done->remaining == 0, "purging letters counts otherwise");
  } else {
    const auto done = adapters_.letters.expire(instantOf(before), {});
    check(done.ok() && *done == names.size(), "expiring letters counts otherwise");
  }
  reference_.removeLetters(names, op == Op::PurgeLetters ? "purged" : "expired");
  if (op == Op::ExpireLetters) reference_.forgetRetries(now());
  return true;
}

}  // namespace lull::model
