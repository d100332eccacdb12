#pragma once

#include <lull/ports/registry.hpp>
#include <lull/redis/replay_store.hpp>
#include <lull/redis/shard.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lull::redis {

/// Searches, a little every second, for damage that no script would meet: messages, letters and windows that are
/// missing from their sorted set, entries of such a set without a value, due times that never come, endpoints without
/// state or outside the wake-up index. It keeps the index of what changed. It also corrects the counters of I8 after
/// damage that no script could count. One loop; every replica runs one.
class Upkeep {
 public:
  /// `onReady` is called when something was repaired that may be due; it must not block.
  Upkeep(Shard& shard, ports::RegistryReader& registry, ReplayStore& replays, std::function<void()> onReady)
      : shard_(shard), registry_(registry), replays_(replays), onReady_(std::move(onReady)) {}

  /// Works until stop(); run it on a thread of its own.
  void run();
  void stop();
  /// One turn: a part of the windows, and of the queues and letters of at most 25 endpoints.
  void turn();

 private:
  using Cursors = std::map<EndpointId, std::string>;  // of endpoints that are not at their end
  struct Look {
    EndpointId endpoint;
    Cursors& cursors;  // where it goes on is remembered there
    Command command;
  };

  void lookAtWindows();
  std::vector<EndpointId> nextEndpoints();
  std::vector<Look> looksAt(const std::vector<EndpointId>& ids);
  Command queueLook(const EndpointId& id) const;
  Command letterLook(const EndpointId& id) const;
  void look(std::span<const Look> looks);
  void closeBooks();

  Shard& shard_;
  ports::RegistryReader& registry_;
  ReplayStore& replays_;
  const std::function<void()> onReady_;
  // Where it goes on; used by turn() only.
  EndpointId lastEndpoint_;
  std::string windowCursor_ = "0";
  Cursors queueCursors_;
  Cursors letterCursors_;
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;
};

}  // namespace lull::redis
