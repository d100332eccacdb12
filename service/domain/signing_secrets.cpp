#include <lull/domain/signing_secrets.hpp>

#include <algorithm>
#include <chrono>

namespace lull {

namespace {

constexpr auto kOverlap = std::chrono::hours(24);

}  // namespace

SigningSecrets withoutEnded(SigningSecrets secrets, Instant now) {
  std::erase_if(secrets.retired, [&](const RetiredSecret& one) { return now >= one.until; });
  return secrets;
}

SigningSecrets rotated(SigningSecrets secrets, const std::string& next, Instant now) {
  auto kept = withoutEnded(std::move(secrets), now);
  if (next == kept.current) return kept;
  std::erase_if(kept.retired, [&](const RetiredSecret& one) { return one.secret == next; });
  kept.retired.insert(kept.retired.begin(), {std::move(kept.current), now + kOverlap});
  kept.current = next;
  if (kept.retired.size() >= kMostSecrets) kept.retired.resize(kMostSecrets - 1);
  return kept;
}

bool endedEarly(const SigningSecrets& before, const SigningSecrets& after, Instant now) {
  return std::ranges::any_of(before.retired, [&](const RetiredSecret& one) {
    const bool signs = one.secret == after.current ||
                       std::ranges::find(after.retired, one.secret, &RetiredSecret::secret) != after.retired.end();
    return now < one.until && !signs;
  });
}

}  // namespace lull
