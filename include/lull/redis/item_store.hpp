#pragma once

#include <lull/ports/items.hpp>
#include <lull/ports/registry.hpp>
#include <lull/redis/shard.hpp>

namespace lull::redis {

/// The operator's view of one item. Thread-safe. It asks for 25 endpoints per call, so that no call holds Redis for
/// long, and looks at no queue as a whole.
class ItemStore : public ports::Items {
 public:
  ItemStore(Shard& shard, ports::EndpointStore& endpoints) : shard_(shard), endpoints_(endpoints) {}

  Result<ports::ItemStory> story(std::uint32_t changeType, const std::string& itemId,
                                 const std::optional<EndpointIds>& among = {}) override;

 private:
  Result<std::vector<EndpointId>> everyEndpoint();
  Status tell(const std::vector<ItemKey>& items, const std::vector<EndpointId>& ids, ports::ItemStory& story);

  Shard& shard_;
  ports::EndpointStore& endpoints_;
};

}  // namespace lull::redis
