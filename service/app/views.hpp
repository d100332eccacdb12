#pragma once

#include <lull/history/recorder.hpp>
#include <lull/redis/attempt_feed_store.hpp>
#include <lull/redis/group_store.hpp>
#include <lull/redis/history_store.hpp>
#include <lull/redis/item_store.hpp>
#include <lull/redis/stats_store.hpp>

namespace lull::app {

/// What operators look at beside lists: the numbers of the fleet, the groups of dead letters, the story of an item, the
/// newest attempts over all endpoints, and the fleet's history with what this process notes for it.
struct Views {
  Views(redis::Shard& shard, redis::EndpointRegistry& registry)
      : stats(shard, registry), groups(shard), items(shard, registry), attempts(shard), past(shard, stats, notes) {}

  redis::StatsStore stats;
  redis::GroupStore groups;
  redis::ItemStore items;
  redis::AttemptFeedStore attempts;
  history::Recorder notes;
  redis::HistoryStore past;
};

}  // namespace lull::app
