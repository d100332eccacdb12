#pragma once

#include <lull/domain/letter_group.hpp>
#include <lull/domain/page.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <optional>

namespace lull::ports {

/// Which letters are counted; absent members count all.
struct GroupFilter {
  std::optional<EndpointId> endpointId;
  std::optional<std::uint32_t> changeType;
  std::optional<DeathReason> reason;
  std::optional<bool> superseded;
};

/// Dead letters by what an operator would mend together. Thread-safe. Counts are exact at the moment of the call.
class LetterGroups {
 public:
  virtual ~LetterGroups() = default;
  /// The groups that have letters, the one whose letter died last first. `lastRetry` is of the whole group, whatever
  /// the filter.
  virtual Result<Page<LetterGroup>> groups(GroupBy by, const GroupFilter& filter, const PageRequest& page) = 0;
};

}  // namespace lull::ports
