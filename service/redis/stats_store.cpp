#include "keys.hpp"
#include "stats_codec.hpp"

#include <lull/redis/stats_store.hpp>

namespace lull::redis {

namespace {

constexpr auto kRateWindow = std::chrono::seconds(60);
constexpr auto kSampleEvery = std::chrono::seconds(5);

}  // namespace

Result<ports::FleetCounters> StatsStore::counters() {
  const auto endpoints = endpoints_.all();
  if (!endpoints) return endpoints.error();
  std::vector<EndpointId> ids;
  ids.reserve((*endpoints)->endpoints.size());
  for (const auto& [id, endpoint] : (*endpoints)->endpoints) ids.push_back(id);
  auto report = readStats(store_, clock_.now(), ids);
  if (!report) return report.error();
  return std::move(report->counters);
}

void StatsStore::note(const ports::FleetCounters& counters) {
  auto samples = samples_.lock();
  const auto now = std::chrono::steady_clock::now();
  samples->push_back({now, counters});
  while (samples->size() > 2 && now - samples->front().at > kRateWindow) samples->pop_front();
}

Result<ports::Rates> StatsStore::rates() {
  const auto report = readStats(store_, clock_.now(), {});
  if (!report) return report.error();
  auto samples = samples_.lock();
  if (samples->empty()) return ports::Rates{};
  const auto& before = samples->front();
  const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - before.at).count();
  const auto perSecond = [&](std::uint64_t now, std::uint64_t then) {
    return now <= then || elapsed <= 0 ? 0.0 : static_cast<double>(now - then) / elapsed;
  };
  return ports::Rates{perSecond(report->counters.eventsAccepted, before.counters.eventsAccepted),
                      perSecond(report->counters.delivered, before.counters.delivered),
                      perSecond(report->counters.deadLettered, before.counters.deadLettered)};
}

Status StatsStore::ready() {
  // Flushing no window is a write that changes nothing (a read-only replica and a full disk answer a PING, too), behind
  // the look at the meta hash with which every script begins: a newer schema is seen.
  const Keys keys(store_.prefix());
  const auto now = std::to_string(millisOf(clock_.now()));
  if (auto written = store_.run("windows_flush", {keys.meta(), keys.windowIndex()}, {now}); !written) {
    return written.error();
  }
  return Done{};
}

void StatsStore::run() {
  while (!stopping_) {
    if (const auto report = readStats(store_, clock_.now(), {})) note(report->counters);
    wake_.wait(kSampleEvery);
  }
}

void StatsStore::stop() {
  stopping_ = true;
  wake_.notify();
}

}  // namespace lull::redis
