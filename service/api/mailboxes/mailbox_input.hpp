#pragma once

#include "call.hpp"
#include "query.hpp"

#include <lull/domain/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// The rules for what clients of mailboxes send, whichever face they use. Each reader notes what is wrong.
namespace lull::api {

inline constexpr std::int64_t kLeastLockSeconds = 1;
inline constexpr std::int64_t kMostLockSeconds = 3600;
inline constexpr std::int64_t kUsualLockSeconds = 30;
/// As long as a call may wait, and as long as it waits when it does not say.
inline constexpr std::int64_t kMostWaitSeconds = 90;

/// The parameters of a request: of its query, and of the form in its body when it has one.
Query parametersOf(const Call& call, InputErrors& errors);

/// A parameter that must be there and not be empty.
std::string requiredText(const Query& query, std::string_view name, InputErrors& errors);
/// The scope of a subscription; absent or empty: any.
std::string scopeIn(const Query& query, std::string_view name, InputErrors& errors);
/// How long a call waits for a message. More than the most is taken for the most.
Millis waitIn(const Query& query, std::string_view name, InputErrors& errors);
Millis lockTimeIn(const Query& query, std::string_view name);
/// Notes a name that a mailbox cannot have.
void judgeMailboxName(std::string_view value, std::string pointer, InputErrors& errors);

}  // namespace lull::api
