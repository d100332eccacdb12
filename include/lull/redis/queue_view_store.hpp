#pragma once

#include <lull/ports/queue_view.hpp>
#include <lull/ports/registry.hpp>
#include <lull/redis/shard.hpp>

#include <functional>

namespace lull::redis {

struct QueueChunk;

/// The operator's view of the queues. Thread-safe.
class QueueViewStore : public ports::QueueView {
 public:
  /// `onReady` is called when messages became due; it must not block.
  QueueViewStore(Shard& shard, ports::EndpointStore& endpoints, std::function<void()> onReady)
      : shard_(shard), endpoints_(endpoints), onReady_(std::move(onReady)) {}

  Result<Page<ports::QueueItem>> list(const EndpointId& id, const ports::QueueFilter& filter,
                                      const PageRequest& page) override;
  Result<std::uint64_t> retry(const EndpointId& id, const ports::QueueFilter& filter) override;
  Result<std::uint64_t> purge(const EndpointId& id, const ports::QueueFilter& filter) override;
  Result<std::vector<AttemptRecord>> attempts(const EndpointId& id, const ports::AttemptFilter& filter) override;

 private:
  Result<std::uint64_t> makeDue(const EndpointId& id, const ports::QueueFilter& filter, const QueueChunk& chunk,
                                bool first);

  Shard& shard_;
  ports::EndpointStore& endpoints_;
  const std::function<void()> onReady_;
};

}  // namespace lull::redis
