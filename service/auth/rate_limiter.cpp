#include <lull/auth/rate_limiter.hpp>

#include <algorithm>

namespace lull::auth {

namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kBurst = std::chrono::seconds(1);  // what a full bucket holds
constexpr auto kSweepEvery = std::chrono::seconds(1);
const std::string kShared;  // no principal is called so

nanoseconds intervalOf(unsigned perSecond) {
  return perSecond == 0 ? nanoseconds{0} : nanoseconds(std::chrono::seconds(1)) / perSecond;
}

}  // namespace

RateLimiter::RateLimiter(unsigned perSecond, Now now) : interval_(intervalOf(perSecond)), now_(std::move(now)) {}

RateLimiter::Time& RateLimiter::bucketOf(const std::string& principal, Time now) {
  if (const auto known = fullAt_.find(principal); known != fullAt_.end()) return known->second;
  if (fullAt_.size() >= kMostPrincipals && now - sweptAt_ >= kSweepEvery) {
    std::erase_if(fullAt_, [now](const auto& bucket) { return bucket.second <= now; });
    sweptAt_ = now;
  }
  return fullAt_[fullAt_.size() < kMostPrincipals ? principal : kShared];
}

nanoseconds RateLimiter::admit(const std::string& principal) {
  if (interval_ == nanoseconds{0}) return nanoseconds{0};
  const auto now = now_();
  const std::lock_guard guard(mutex_);
  auto& fullAt = bucketOf(principal, now);
  // With this one taken, the bucket would be full again so much later.
  const auto next = std::max(fullAt, now) + interval_;
  if (next - now > kBurst) return next - now - kBurst;
  fullAt = next;
  return nanoseconds{0};
}

}  // namespace lull::auth
