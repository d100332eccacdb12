#include <lull/history/lag_buckets.hpp>
#include <lull/history/roll_up.hpp>

#include <algorithm>
#include <map>

namespace lull::history {

namespace {

std::optional<Millis> lagOrNone(const std::optional<std::uint32_t>& bucket) {
  return bucket ? std::optional(lagOf(*bucket)) : std::nullopt;
}

void add(Step& step, const ports::HistoryStep& record) {
  step.accepted += record.accepted;
  step.coalesced += record.coalesced;
  step.delivered += record.delivered;
  step.failed += record.failed;
  step.deadLettered += record.deadLettered;
  step.oldestDueAge = std::max(step.oldestDueAge, record.oldestDueAge);
  step.queueDepth = record.queueDepth;
}

using Steps = std::map<Instant, Step>;

void setLags(Steps& steps, Instant at, std::optional<std::uint32_t> p50, std::optional<std::uint32_t> p99) {
  const auto found = steps.find(at);
  if (found == steps.end()) return;
  found->second.lagP50 = lagOrNone(p50);
  found->second.lagP99 = lagOrNone(p99);
}

// Percentiles of a long step cannot be made of those of short ones, but of their distributions.
void setLagsOfDistributions(Steps& steps, const ports::HistoryRecords& records, Millis step) {
  std::map<Instant, ports::LagCounts> sums;
  for (const auto& part : records.distributions) {
    auto& sum = sums[stepBegin(part.at, step)];
    for (const auto& [bucket, count] : part.counts) sum[bucket] += count;
  }
  for (const auto& [at, counts] : sums) setLags(steps, at, percentile(counts, 0.5), percentile(counts, 0.99));
}

}  // namespace

Instant stepBegin(Instant at, Millis step) {
  return Instant{at.time_since_epoch() / step * step};
}

std::vector<Step> rollUp(const ports::HistoryRecords& records, Millis step) {
  Steps steps;
  for (const auto& record : records.steps) {
    const auto at = stepBegin(record.at, step);
    if (at + step > records.end) continue;
    auto& one = steps[at];
    one.at = at;
    add(one, record);
    if (step == ports::kHistoryStep) setLags(steps, at, record.lagP50, record.lagP99);
  }
  if (step == std::chrono::minutes(1)) {
    for (const auto& minute : records.minutes) setLags(steps, minute.at, minute.p50, minute.p99);
  }
  if (step > std::chrono::minutes(1)) setLagsOfDistributions(steps, records, step);
  std::vector<Step> made;
  for (const auto& [at, one] : steps) made.push_back(one);
  return made;
}

std::vector<ports::AttemptSlot> everySlot(const std::vector<ports::AttemptSlot>& slots, Instant since, Instant born,
                                          Instant now) {
  constexpr auto kSlot = ports::kAttemptSlot;
  const auto end = stepBegin(now, kSlot);
  // The slot that `since` lies in begins before it.
  auto at = stepBegin(std::max(since + kSlot - Millis{1}, end - ports::kAttemptSlotsKept), kSlot);
  at = std::max(at, stepBegin(born, kSlot));
  std::map<Instant, ports::AttemptCounts> counts;
  for (const auto& slot : slots) counts[slot.at] = slot.counts;
  std::vector<ports::AttemptSlot> all;
  for (; at < end; at += kSlot) {
    const auto found = counts.find(at);
    all.push_back({at, found == counts.end() ? ports::AttemptCounts{} : found->second});
  }
  return all;
}

}  // namespace lull::history
