#include <lull/dispatch/settler.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace lull::dispatch {

namespace {

// One script call holds Redis for about 7 µs per settlement, and for some 50 µs per endpoint whose attempt failed.
// Whatever else wants Redis waits for that long: a thousand endpoints that fail in one moment are settled in many
// calls.
constexpr std::size_t kBatch = 128;
constexpr std::size_t kMostFailing = 12;
constexpr std::chrono::microseconds kGather{200};

std::vector<ports::Settlement>::iterator endOfBatch(std::vector<ports::Settlement>& waiting) {
  std::set<std::string_view> failing;
  const auto most = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(waiting.size(), kBatch));
  return std::find_if(waiting.begin(), most, [&](const auto& settlement) {
    if (settlement.action != ports::SettleAction::Complete) failing.insert(settlement.endpoint);
    return failing.size() > kMostFailing;
  });
}

}  // namespace

void Settler::expect() {
  std::lock_guard guard(mutex_);
  ++expected_;
}

void Settler::push(ports::Settlement settlement, bool expected, Haste haste) {
  bool tell = false;
  {
    std::lock_guard guard(mutex_);
    const bool held = holds();
    if (expected) --expected_;
    if (waiting_.empty()) since_ = std::chrono::steady_clock::now();
    waiting_.push_back(std::move(settlement));
    hurries_ = hurries_ || haste == Haste::Now;
    // Wakes the loop for the first settlement, when what was held is held no longer, for a full batch, and when no
    // further settlement is expected. Otherwise the loop sleeps on while a batch gathers.
    tell = waiting_.size() == 1 || (!holds() && (held || waiting_.size() >= kBatch || expected_ == 0));
  }
  if (tell) changed_.notify_one();
}

void Settler::add(ports::Settlement settlement) {
  push(std::move(settlement), false, Haste::Now);
}

void Settler::addExpected(ports::Settlement settlement, Haste haste) {
  push(std::move(settlement), true, haste);
}

void Settler::hasten() {
  {
    std::lock_guard guard(mutex_);
    if (waiting_.empty() || !holds()) return;
    hurries_ = true;
  }
  changed_.notify_one();
}

void Settler::stop(const runtime::Deadline& deadline) {
  {
    std::lock_guard guard(mutex_);
    if (!deadline_) deadline_ = deadline;
  }
  changed_.notify_one();
}

bool Settler::giveUp() {
  std::unique_lock guard(mutex_);
  changed_.wait_for(guard, backoff_.next());
  return deadline_ && deadline_->passed();
}

std::vector<ports::Settlement> Settler::nextBatch() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return deadline_ || !waiting_.empty(); });
  changed_.wait_until(guard, since_ + heldFor_, [this] { return deadline_ || !holds(); });
  changed_.wait_for(guard, kGather, [this] { return deadline_ || expected_ == 0 || waiting_.size() >= kBatch; });
  const auto end = endOfBatch(waiting_);
  std::vector<ports::Settlement> batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  hurries_ = !waiting_.empty();  // what is left has waited for this batch
  underWay_ = batch.size();
  return batch;
}

bool Settler::settledAll() {
  std::lock_guard guard(mutex_);
  return waiting_.empty() && expected_ == 0 && underWay_ == 0;
}

void Settler::run() {
  std::vector<ports::Settlement> batch;
  while (true) {
    if (batch.empty()) batch = nextBatch();
    if (batch.empty()) return;
    const auto asked = next_->ask(batch);
    auto settled = settling_.settle(clock_.now(), batch, asked.request);
    if (!settled) {
      next_->notSettled(asked);
      runtime::log(runtime::LogLevel::Warning, "Lull.Delivery", "settlements wait for the store",
                   {{"settlements", batch.size()}, {"error", settled.error().message}});
      if (giveUp()) return;
      continue;
    }
    backoff_.reset();
    if (settled->stale > 0) {
      runtime::log(runtime::LogLevel::Information, "Lull.Delivery",
                   "late settlements changed nothing: their leases had ended", {{"settlements", settled->stale}});
    }
    next_->settled(batch, asked, std::move(settled->next));
    batch.clear();
    std::lock_guard guard(mutex_);
    underWay_ = 0;
  }
}

}  // namespace lull::dispatch
