#pragma once

#include <lull/ports/jobs.hpp>
#include <lull/ports/registry.hpp>
#include <lull/redis/shard.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lull::redis {

struct ReplaySettings {
  Millis retention{};          ///< how long the index remembers a change
  std::uint64_t maxItems = 0;  ///< how many items it remembers at least; up to a quarter more between two trims
  Millis firstRetryDelay{};
  std::uint32_t inFlight = 16;  ///< of an endpoint that says no maxConcurrency
};

/// The index of what changed (lib/changes.lua), and what replays do with it. Thread-safe, but for turn().
class ReplayStore {
 public:
  /// `onReady` is called when a replay made messages due; it must not block.
  ReplayStore(Shard& shard, ports::RegistryReader& registry, ReplaySettings settings, std::function<void()> onReady);

  /// The moment at which a replay begins: its number; its mark, in the time of `fired`; from when on the index is
  /// complete. Until the next trim the index has no more items than it may have.
  struct Mark {
    std::uint64_t number = 0;
    Instant fired;
    Instant completeSince;
    Instant oldest;  ///< what changed before is older than the retention
  };
  Result<Mark> mark();

  /// Of the items that an order names (its `filter.since` is no earlier than the index reaches) how many there are, and
  /// how many of them its endpoint does not want.
  Result<ports::JobCount> count(const ports::JobOrder& order, const Mark& mark);
  /// The next items behind the place of the task, in the order in which they changed last; at most 10,000.
  Result<ports::JobLetters> read(const ports::JobTask& task);
  /// Tells the endpoint of the first of these items, as far as it has room for them.
  Result<ports::JobStep> move(const ports::JobTask& task, const std::vector<ports::JobLetter>& items,
                              const std::string& token);

  /// Trims the index when it is time for that. Call it every second, from one thread.
  void turn();

 private:
  struct Item {
    std::string key;
    std::uint64_t upto = 0;
    Instant last;
  };

  /// How many entries the index has.
  Result<std::uint64_t> size();
  /// Removes what is older than the retention, and the oldest items beyond the most.
  Status trim();
  Status forget(const std::vector<Item>& oldest, Instant completeSince);
  /// Calls `take(key, entry)` once for each entry that can be read; others are set aside.
  template <class Take>
  Status eachItem(const Take& take);
  /// The items of an order, in no order.
  template <class Take>
  Status eachOf(const ports::JobOrder& order, Instant fired, const Take& take);

  std::uint64_t mostDue(const EndpointId& id) const;

  Shard& shard_;
  ports::RegistryReader& registry_;
  const ReplaySettings settings_;
  const std::function<void()> onReady_;
  Instant nextTrim_{};  ///< used by turn() only
};

}  // namespace lull::redis
