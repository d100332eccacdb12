#pragma once

#include <lull/ports/letter_groups.hpp>
#include <lull/redis/shard.hpp>

#include <vector>

namespace lull::redis {

/// Groups of dead letters in Redis. Thread-safe. They are sums of cells (lib/group.lua), which are read in pieces of
/// 500; a call never looks at single letters.
class GroupStore : public ports::LetterGroups {
 public:
  explicit GroupStore(Shard& shard) : shard_(shard) {}

  Result<Page<LetterGroup>> groups(GroupBy by, const ports::GroupFilter& filter, const PageRequest& page) override;

 private:
  Result<std::vector<LetterGroup>> all(GroupBy by, const ports::GroupFilter& filter);
  Status addLastRetries(std::vector<LetterGroup>& groups);

  Shard& shard_;
};

}  // namespace lull::redis
