#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull {

enum class DeathReason { Exhausted, Permanent, Expired, Poisoned };
std::string_view toString(DeathReason reason);  ///< "exhausted", "permanent", "expired", "poisoned"
std::optional<DeathReason> parseDeathReason(std::string_view text);

/// What could not be delivered; one per (endpoint, item key). `message.id` is kept, so that a retry sends the same
/// webhook-id.
struct DeadLetter {
  std::string id;  ///< opaque; names this letter only, not a later one of the same key
  EndpointId endpointId;
  Message message;
  DeathReason reason = DeathReason::Exhausted;
  std::optional<int> lastCode;                ///< what the receiver last answered, if it did (AttemptResult::code)
  FailureClass failure = FailureClass::None;  ///< of the last attempt, when that has no code
  std::string lastError;
  std::optional<Instant> firstFailedAt;
  Instant deadAt;
  std::optional<Instant> supersededAt;
};

/// Which dead letters; absent members match all.
struct DeadLetterFilter {
  std::optional<EndpointId> endpointId;
  std::optional<std::uint32_t> changeType;
  std::optional<std::string> itemId;    ///< matches ItemId::text()
  std::optional<int> code;              ///< DeadLetter::lastCode
  std::optional<FailureClass> failure;  ///< of letters without a code
  std::optional<DeathReason> reason;
  std::optional<bool> superseded;
  std::optional<Instant> since;  ///< of deadAt, inclusive
  std::optional<Instant> until;  ///< of deadAt, exclusive
  std::vector<std::string> ids;  ///< empty: any

  bool matches(const DeadLetter& letter) const;
  bool empty() const;  ///< true when it matches everything
};

}  // namespace lull
