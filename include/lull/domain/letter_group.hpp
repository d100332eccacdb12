#pragma once

#include <lull/domain/dead_letter.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// What dead letters are grouped by.
enum class GroupBy : std::uint8_t { Cause, Endpoint, ChangeType };
std::optional<GroupBy> parseGroupBy(std::string_view text);  ///< "cause", "endpoint", "changeType"

/// Why letters of an endpoint died: equal for letters that an operator would mend together. The class of the failure
/// counts only without a code.
struct Cause {
  EndpointId endpoint;
  DeathReason reason = DeathReason::Exhausted;
  std::optional<int> code;
  FailureClass failure = FailureClass::None;
};
/// "<endpoint>:<reason>:<code or class>": the key of its group. The key of an endpoint's group is its id, that of a
/// change type's its number.
std::string keyOf(const Cause& cause);

/// Adds to a filter that only letters of the group with this key match. False, and the filter is as it was, when it is
/// no key, or contradicts the filter.
bool narrowToGroup(DeadLetterFilter& filter, std::string_view key);

/// The last retry that took letters of a group.
struct LastRetry {
  Instant at;
  std::uint64_t done = 0;         ///< letters of this group that it revived
  std::uint64_t failedAgain = 0;  ///< of these, how many died again
};

struct LetterGroup {
  std::string key;
  std::optional<Cause> cause;    ///< of GroupBy::Cause
  EndpointId endpoint;           ///< empty of GroupBy::ChangeType
  std::uint32_t changeType = 0;  ///< of GroupBy::ChangeType
  std::uint64_t count = 0;
  Instant firstDeadAt;
  Instant lastDeadAt;
  std::string sampleId;  ///< of the letter that died last
  std::optional<LastRetry> lastRetry;
};

}  // namespace lull
