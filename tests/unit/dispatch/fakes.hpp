#pragma once

#include <lull/dispatch/dispatcher.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace lull::dispatch::testing {

/// Waits for what other threads bring about; false when it has not come within 10 s.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return condition();
}

/// Fakes of the dispatcher's ports. Their calls are recorded; what they answer is set beforehand.
class FakeClock : public ports::Clock {
 public:
  Instant now() const override { return instantOf(1'000'000); }
  std::chrono::nanoseconds realTimeUntil(Instant) const override { return std::chrono::hours(1); }
  void onJump(std::function<void()>) override {}
};

/// The sign of life of a process whose slot is 7 until a test says something else; 0: it has run out.
class FakeSign : public ports::LifeSign {
 public:
  std::uint32_t slot() const override { return slot_; }
  bool covers(std::uint32_t slot) const override {
    ++looks_;
    return slot != 0 && slot == slot_;
  }
  void become(std::uint32_t slot) { slot_ = slot; }
  /// How often the dispatcher has asked.
  int looks() const { return looks_; }

 private:
  std::atomic<std::uint32_t> slot_{7};
  mutable std::atomic<int> looks_{0};
};

class FakeClaims : public ports::Claims {
 public:
  Result<ports::ClaimBatch> claim(Instant, const std::vector<ports::ClaimLimit>& limits, std::uint32_t) override {
    if (onClaim) onClaim();
    std::lock_guard guard(mutex_);
    asked_.push_back(limits);
    if (answers_.empty()) return ports::ClaimBatch{};
    if (limits.empty() && answers_.front() && !answers_.front()->claims.empty()) return readyFor(*answers_.front());
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }
  std::function<void()> onClaim;  ///< before the answer; set it before the dispatcher runs
  struct Renewal {
    std::uint64_t token = 0;
    bool alone = false;
    Millis lease{0};
    bool operator==(const Renewal&) const = default;
  };
  Result<std::optional<std::uint64_t>> renew(Instant, const Claim& claim, Millis lease, bool alone) override {
    std::lock_guard guard(mutex_);
    renewals_.push_back({claim.token, alone, lease});
    return held_;
  }
  void answerRenewals(std::optional<std::uint64_t> revision) {
    std::lock_guard guard(mutex_);
    held_ = revision;
  }
  std::vector<Renewal> renewals() {
    std::lock_guard guard(mutex_);
    return renewals_;
  }
  void answer(Result<ports::ClaimBatch> batch) {
    std::lock_guard guard(mutex_);
    answers_.push_back(std::move(batch));
  }
  std::vector<std::vector<ports::ClaimLimit>> asked() {
    std::lock_guard guard(mutex_);
    return asked_;
  }

 private:
  // A call that names nobody claims nothing: it is told who is ready.
  static ports::ClaimBatch readyFor(const ports::ClaimBatch& answer) {
    ports::ClaimBatch told;
    told.registryRevision = answer.registryRevision;
    for (const auto& claim : answer.claims) {
      if (std::ranges::find(told.ready, claim.endpoint) == told.ready.end()) told.ready.push_back(claim.endpoint);
    }
    return told;
  }

  std::mutex mutex_;
  std::deque<Result<ports::ClaimBatch>> answers_;
  std::vector<std::vector<ports::ClaimLimit>> asked_;
  std::vector<Renewal> renewals_;
  std::optional<std::uint64_t> held_;
};

class FakeRegistry : public ports::RegistryReader {
 public:
  ports::SnapshotPtr cached() const override {
    std::lock_guard guard(mutex_);
    return cached_;
  }
  Result<ports::SnapshotPtr> current() override {
    std::lock_guard guard(mutex_);
    if (!stored_) return Error{ErrorCode::Unavailable, "away"};
    cached_ = stored_;
    return cached_;
  }
  static ports::SnapshotPtr snapshot(std::uint64_t revision, std::vector<Endpoint> endpoints) {
    auto made = std::make_shared<ports::RegistrySnapshot>();
    made->revision = revision;
    for (auto& endpoint : endpoints) made->endpoints[endpoint.id] = std::make_shared<const Endpoint>(endpoint);
    return made;
  }
  void know(const ports::SnapshotPtr& snapshot) {
    std::lock_guard guard(mutex_);
    cached_ = stored_ = snapshot;
  }
  ports::SnapshotPtr cached_ = std::make_shared<ports::RegistrySnapshot>();
  ports::SnapshotPtr stored_ = cached_;  // nullptr: the store is away

 private:
  mutable std::mutex mutex_;  // protects both once the dispatcher runs
};

class FakeChannel : public ports::Channel {
 public:
  void deliver(ports::DeliveryRequest request, Callback done) override {
    std::lock_guard guard(mutex_);
    requests_.push_back(std::move(request));
    callbacks_.push_back(std::move(done));
  }
  std::optional<std::string> render(const Endpoint*, const Message&) const override { return {}; }
  void stopStarting() override {}
  void stop() override {}
  void finish(std::size_t index, AttemptResult result) {
    Callback done;
    {
      std::lock_guard guard(mutex_);
      done = callbacks_.at(index);
    }
    done(std::move(result));
  }
  std::vector<ports::DeliveryRequest> requests() {
    std::lock_guard guard(mutex_);
    return requests_;
  }

 private:
  std::mutex mutex_;
  std::vector<ports::DeliveryRequest> requests_;
  std::vector<Callback> callbacks_;
};

class FakeSettling : public ports::Settling {
 public:
  Result<ports::SettleOutcome> settle(Instant, const std::vector<ports::Settlement>& settlements,
                                      const ports::ClaimRequest& next) override {
    if (const auto meanwhile = std::exchange(meanwhile_, nullptr)) meanwhile();
    std::lock_guard guard(mutex_);
    ++calls_;
    asked_.push_back(next);
    if (failures_ > 0) {
      --failures_;
      return Error{ErrorCode::Unavailable, "away"};
    }
    settled_.insert(settled_.end(), settlements.begin(), settlements.end());
    ports::SettleOutcome outcome{static_cast<std::uint32_t>(settlements.size()), 0, {}};
    if (!next_.empty()) {
      outcome.next = std::move(next_.front());
      next_.pop_front();
    }
    return outcome;
  }
  /// Is called while the next call is under way; before there is one.
  void whileSettling(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }
  /// What the next call that settles claims.
  void answerNext(ports::ClaimBatch batch) {
    std::lock_guard guard(mutex_);
    next_.push_back(std::move(batch));
  }
  std::vector<ports::ClaimRequest> asked() {
    std::lock_guard guard(mutex_);
    return asked_;
  }
  void failNext(int times) {
    std::lock_guard guard(mutex_);
    failures_ = times;
  }
  std::vector<ports::Settlement> settled() {
    std::lock_guard guard(mutex_);
    return settled_;
  }
  int calls() {
    std::lock_guard guard(mutex_);
    return calls_;
  }

 private:
  std::mutex mutex_;
  std::function<void()> meanwhile_;
  std::vector<ports::Settlement> settled_;
  std::vector<ports::ClaimRequest> asked_;
  std::deque<ports::ClaimBatch> next_;
  int failures_ = 0;
  int calls_ = 0;
};

/// Claims nothing when attempts are settled.
class NothingNext : public NextClaims {
 public:
  Asked ask(const std::vector<ports::Settlement>&) override { return {}; }
  void settled(const std::vector<ports::Settlement>&, const Asked&, ports::ClaimBatch) override {}
  void notSettled(const Asked&) override {}
};

class FakeHistory : public ports::HistoryNotes {
 public:
  void attempted(const EndpointId& endpoint, bool failed) override {
    noted_.lock()->push_back(endpoint + (failed ? " failed" : " delivered"));
  }
  void deliveredAfter(Millis lag) override { noted_.lock()->push_back(std::to_string(lag.count()) + " ms"); }
  std::vector<std::string> noted() const { return *noted_.lock(); }

 private:
  mutable runtime::Guarded<std::vector<std::string>> noted_;
};

class FakeMeter : public ports::Meter {
 public:
  void attempt(std::string_view, Millis) override {}
  void deliveryLag(Millis) override {}
  void inFlight(std::int64_t) override {}
  void leasesReclaimed(std::uint64_t) override {}
  void claimInVain() override { ++inVain; }
  void redisError() override {}
  void clockOffset(Millis, Millis) override {}
  std::atomic<int> inVain{0};
};

}  // namespace lull::dispatch::testing
