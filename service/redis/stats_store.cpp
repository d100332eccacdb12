#include "stats_codec.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/stats_store.hpp>

#include <algorithm>
#include <utility>

namespace lull::redis {

namespace {

constexpr auto kRateWindow = std::chrono::seconds(60);
// Redis does nothing else while the script runs; totals.lua says how long that is for so many endpoints.
constexpr std::size_t kMostAtOnce = 2'000;
constexpr unsigned kSampleEvery = 5;  // seconds

}  // namespace

Result<ports::FleetCounters> StatsStore::counters() {
  const auto endpoints = endpoints_.all();
  if (!endpoints) return endpoints.error();
  ports::FleetCounters sum;
  std::uint64_t mailboxes = 0;
  auto next = (*endpoints)->endpoints.begin();
  const auto end = (*endpoints)->endpoints.end();
  do {
    std::vector<EndpointId> ids;
    for (; next != end && ids.size() < kMostAtOnce; ++next) {
      ids.push_back(next->first);
      if (next->second->registration.isMailbox()) ++mailboxes;
    }
    auto page = readTotals(shard_, shard_.now(), ids);
    if (!page) return page.error();
    page->pending += sum.pending;
    page->inFlight += sum.inFlight;
    page->mailboxDepth += sum.mailboxDepth;
    page->mailboxOldestAge = std::max(page->mailboxOldestAge, sum.mailboxOldestAge);
    page->oldestDueAge = std::max(page->oldestDueAge, sum.oldestDueAge);
    sum = *std::move(page);
  } while (next != end);
  sum.mailboxes = mailboxes;
  return sum;
}

void StatsStore::note(const ports::FleetCounters& counters) {
  auto samples = samples_.lock();
  const auto now = std::chrono::steady_clock::now();
  samples->push_back({now, counters});
  while (samples->size() > 2 && now - samples->front().at > kRateWindow) samples->pop_front();
}

Result<ports::Rates> StatsStore::rates() {
  const auto counters = readTotals(shard_, shard_.now(), {});
  if (!counters) return counters.error();
  auto samples = samples_.lock();
  if (samples->empty()) return ports::Rates{};
  const auto& before = samples->front();
  const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - before.at).count();
  const auto perSecond = [&](std::uint64_t now, std::uint64_t then) {
    return now <= then || elapsed <= 0 ? 0.0 : static_cast<double>(now - then) / elapsed;
  };
  return ports::Rates{perSecond(counters->eventsAccepted, before.counters.eventsAccepted),
                      perSecond(counters->delivered, before.counters.delivered),
                      perSecond(counters->deadLettered, before.counters.deadLettered)};
}

Status StatsStore::ready() {
  // A flush of no window is a write that changes nothing; unlike a PING it fails on a read-only replica and on a full
  // disk. It begins, like every script, with a look at the meta hash, so a newer schema is seen, too.
  const auto& keys = shard_.keys();
  const auto now = std::to_string(millisOf(shard_.now()));
  if (auto written = shard_.run("windows_flush", {keys.meta(), keys.windowIndex()}, {now}); !written) {
    return written.error();
  }
  return Done{};
}

void StatsStore::run(const std::function<void()>& everySecond) {
  for (unsigned second = 0; !stopping_; ++second) {
    if (second % kSampleEvery == 0) {
      if (const auto counters = readTotals(shard_, shard_.now(), {})) note(*counters);
    }
    everySecond();
    wake_.wait(std::chrono::seconds(1));
  }
}

void StatsStore::stop() {
  stopping_ = true;
  wake_.notify();
}

}  // namespace lull::redis
