#include "link.hpp"

/// What a link tells others of itself.
namespace lull::brokers {

using ports::BrokerState;

ports::BrokerLink Link::status() const {
  return *status_.lock();
}

// While it flaps, and while it is tried again, the broker is still away: its state does not change with each attempt.
BrokerState Link::state() const {
  if (session_ && session_->blocked()) return BrokerState::Blocked;
  if (session_ && (proven_ || !flaps_)) return BrokerState::Connected;
  if (!lastLoss_.sentence.empty()) return BrokerState::Away;
  return needed_ || !held_.empty() || connecting_ ? BrokerState::Connecting : BrokerState::Idle;
}

std::string Link::trouble(BrokerState state) const {
  if (state == BrokerState::Blocked) return blockedResult().sentence;
  return state == BrokerState::Away ? lastLoss_.sentence : std::string();
}

void Link::noteStatus() {
  const auto now = state();
  auto status = status_.lock();
  if (status->state != now) status->since = parts_.hostTime();
  status->state = now;
  status->lastError = trouble(now);
  status->inFlight = open_.size();
  status->confirmed = confirmed_;
}

}  // namespace lull::brokers
