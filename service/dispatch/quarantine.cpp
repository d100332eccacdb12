#include <lull/dispatch/quarantine.hpp>

#include <iterator>
#include <utility>

namespace lull::dispatch {

namespace {

constexpr std::chrono::seconds kTurn{1};
constexpr std::uint32_t kMostDoublings = 7;
constexpr int kRestFactor = 4;

}  // namespace

void Quarantine::hold(Claim claim, Time claimedAt) {
  waiting_.push_back(std::move(claim));
  if (active()) return;
  started_ = claimedAt;
  begin(claimedAt);
}

void Quarantine::begin(Time now) {
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  alone_ = false;
  since_ = renewed_ = now;
}

Quarantine::SteadyClock::duration Quarantine::patience() const {
  return kTurn * (1U << std::min(current_->losses - kSuspectLosses, kMostDoublings));
}

Quarantine::Step Quarantine::next(Time now, std::size_t running) const {
  const bool over = now - since_ >= patience();
  if (alone_) return over ? Step::GoOn : Step::Wait;
  if (running == 0) return Step::SendAlone;
  if (over) return Step::SendBeside;
  return now - renewed_ >= kTurn ? Step::Renew : Step::Wait;
}

Quarantine::SteadyClock::duration Quarantine::waitLeft(Time now) const {
  const auto left = since_ + patience() - now;
  return alone_ ? left : std::min(left, renewed_ + kTurn - now);
}

void Quarantine::sentAlone(Time now) {
  alone_ = true;
  since_ = now;
}

void Quarantine::done(Time now) {
  current_.reset();
  if (!waiting_.empty() && now - started_ < kTurn)
    begin(now);
  else
    restUntil_ = now + kRestFactor * (now - started_);
}

std::vector<Claim> Quarantine::surplus(Time now) {
  if (active() && now - started_ < kTurn) return {};
  std::vector<Claim> claims(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return claims;
}

std::vector<Claim> Quarantine::unsent() {
  std::vector<Claim> claims(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  if (active() && !alone_) claims.push_back(*std::exchange(current_, std::nullopt));
  return claims;
}

}  // namespace lull::dispatch
