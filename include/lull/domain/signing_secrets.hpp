#pragma once

#include <lull/domain/time.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace lull {

/// A secret that was replaced. It still signs before `until`, so that receivers have time to take over the new one.
struct RetiredSecret {
  std::string secret;
  Instant until;
  bool operator==(const RetiredSecret&) const = default;
};

/// The signing secrets of an endpoint, each in its "whsec_…" form. Every notification is signed with the current one
/// and with all retired ones that have not ended.
struct SigningSecrets {
  std::string current;
  std::vector<RetiredSecret> retired{};  ///< the one replaced last comes first; at most kMostSecrets - 1
  bool operator==(const SigningSecrets&) const = default;
};

/// How many secrets of one endpoint are kept, the current one included.
inline constexpr std::size_t kMostSecrets = 5;

/// Without the retired secrets that have ended at `now`.
SigningSecrets withoutEnded(SigningSecrets secrets, Instant now);

/// Makes `next` the current secret; the one it replaces signs for 24 h from `now`. A retired secret that is made
/// current again is no longer retired; a secret that is current already changes nothing. When there would be too many,
/// the one that ends first is dropped.
SigningSecrets rotated(SigningSecrets secrets, const std::string& next, Instant now);

/// Whether the change from `before` to `after` takes away a retired secret that would still sign at `now`.
bool endedEarly(const SigningSecrets& before, const SigningSecrets& after, Instant now);

}  // namespace lull
