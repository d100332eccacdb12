#include "model/driver.hpp"
#include "model/ledger.hpp"
#include "model/subject.hpp"
#include "support/redis_server.hpp"

#include <lull/debounce/debounce_loop.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

namespace lull::model {
namespace {

// Debouncing as a user sees it, on a manual clock: a schedule of events, a loop that fires what is due at the moment it
// is due, a receiver that takes a while. The expectation is arithmetic on the schedule; it knows nothing of Redis.

constexpr std::uint64_t kDefaultSchedules = 2000;

struct Arrival {
  Ms at = 0;
  KeyName key;
  std::uint64_t sequence = 0;
};

/// When a burst of events of one key has to come out: the trailing edge, or MaxWait after its first.
struct Burst {
  Ms due = 0;
  std::uint64_t upto = 0;
  std::uint64_t events = 0;
};

// The windows' rules, straight from the schedule: an event at or after the due time belongs to the next burst, because
// the loop fires on time.
std::vector<Burst> burstsOf(const std::vector<Arrival>& arrivals, const KeyName& key, const Rules& rules) {
  std::vector<Burst> bursts;
  Ms first = 0;
  for (const auto& arrival : arrivals) {
    if (arrival.key != key) continue;
    const bool opens = bursts.empty() || arrival.at >= bursts.back().due;
    if (opens) {
      first = arrival.at;
      bursts.push_back({});
    }
    auto& burst = bursts.back();
    burst.due = std::min(arrival.at + rules.interval, first + rules.maxWait);
    burst.upto = arrival.sequence;
    ++burst.events;
  }
  return bursts;
}

struct Attempted {
  Ms at = 0;
  std::uint64_t upto = 0;
  std::uint64_t events = 0;
  std::uint64_t deliveredBefore = 0;  ///< highest upto that was answered as success when it started
  bool failed = false;
};

/// One schedule against the real debounce loop and the real queue. In most of them the loop is leased what may go at
/// once, and what ends an attempt claims what is next.
class Schedule : private ports::Departures {
 public:
  Schedule(Subject& subject, std::uint32_t seed)
      : random_(seed),
        rules_(draw()),
        adapters_(subject.begin(rules_)),
        leasesAtOnce_(below(random_, 3) != 0),
        loop_({adapters_.windows, adapters_.stream, adapters_.registry, *this, adapters_.clock}, [] {}) {
    Registration registration;
    registration.name = "schedule";
    registration.webhook().url = "http://192.0.2.1/";
    registration.changeTypes = 3;
    endpoint_ = adapters_.registry.create(registration, {}).value().endpoint.id;
  }

  void run() {
    const auto events = 5 + below(random_, 40);
    for (std::uint32_t i = 0; i < events; ++i) {
      // Dense bursts, pauses around the interval, long ones.
      static constexpr std::array<Ms, 8> kGaps{0, 1, 50, 700, 1500, 1999, 2000, 9000};
      advanceTo(now() + kGaps[below(random_, kGaps.size())] * (rules_.interval + 1) / 2001);
      admit();
    }
    advanceTo(now() + rules_.maxWait + rules_.interval + 20 * (kAnswer + kRetry));
    judge();
  }

 private:
  static constexpr Ms kAnswer = 300;  // how long the receiver takes
  static constexpr Ms kRetry = 1000;
  static constexpr Millis kLease{25'000};

  Rules draw() {
    static constexpr std::array<Ms, 5> kIntervals{2000, 2000, 500, 60'000, 0};
    Rules rules;
    rules.interval = kIntervals[below(random_, kIntervals.size())];
    rules.maxWait = rules.interval * (1 + static_cast<Ms>(below(random_, 4)));
    return rules;
  }

  Ms now() const { return millisOf(adapters_.clock.now()); }

  void admit() {
    const auto& key = modelKeys()[below(random_, modelKeys().size())];
    Event event;
    event.type = key.changeType == 1 ? "AssetCreated" : "MetafieldCreated";
    event.changeType = key.changeType;
    event.itemId = key.itemId;
    const auto receipt = adapters_.admission.admit({event}, "one");
    if (!receipt) throw ModelFailure("admit failed");
    arrivals_.push_back({now(), key.packed(), receipt->sequences.front()});
  }

  // Goes from one moment at which something is due to the next, as the loops' wake-ups do.
  void advanceTo(Ms end) {
    while (true) {
      turn();
      Ms next = end;
      if (nextWindow_) next = std::min(next, millisOf(*nextWindow_));
      if (nextWake_) next = std::min(next, millisOf(*nextWake_));
      for (const auto& [at, claim] : answers_) next = std::min(next, at);
      if (next <= now() && now() >= end) return;
      adapters_.clock.set(instantOf(std::max(next, now())));
      if (next >= end) {
        turn();
        return;
      }
    }
  }

  void turn() {
    auto due = loop_.fanOutAll();
    if (!due) throw ModelFailure("fanOutAll failed: " + due.error().message);
    nextWindow_ = *due;
    settleAnswered();
    claimReady();
  }

  void settleAnswered() {
    std::vector<ports::Settlement> settlements;
    while (!answers_.empty() && answers_.begin()->first <= now()) {
      const auto& claim = answers_.begin()->second;
      ports::Settlement by;
      by.endpoint = claim.endpoint;
      by.key = claim.key;
      by.token = claim.token;
      // One in four answers is a failure, retried soon: what comes meanwhile is a new generation.
      if (below(random_, 4) == 0) {
        by.action = ports::SettleAction::Reschedule;
        by.due = instantOf(now() + kRetry);
        by.attempt = AttemptRecord{instantOf(now()),
                                   claim.message.id,
                                   claim.message.key,
                                   claim.message.attempts,
                                   Outcome::Retryable,
                                   PausedReason::None,
                                   503,
                                   Millis{kAnswer},
                                   "",
                                   ""};
      } else {
        delivered_[claim.message.key.packed()] = claim.message.upto;
        ledger_.delivered(claim);
      }
      attempts_[claim.message.key.packed()].back().failed = by.action == ports::SettleAction::Reschedule;
      settlements.push_back(std::move(by));
      answers_.erase(answers_.begin());
    }
    if (settlements.empty()) return;
    ports::ClaimRequest next;
    if (leasesAtOnce_) next = {{{endpoint_, 16, 16, kLease}}, 16};
    auto outcome = adapters_.queue.settle(adapters_.clock.now(), settlements, next);
    if (!outcome || outcome->stale > 0) throw ModelFailure("a settlement in time was stale");
    take(std::move(outcome->next.claims));
  }

  ports::Permits reserve() override {
    ports::Permits permits;
    permits.most = leasesAtOnce_ ? below(random_, 4) : 0;
    permits.paced = permits.most > 1;
    return permits;
  }
  ports::Permits reserveFew(std::uint32_t) override { return reserve(); }
  void giveBack(const ports::Permits&) override {}
  void depart(const ports::Permits&, ports::ClaimBatch leased) override { take(std::move(leased.claims)); }
  bool awaitRoom(std::chrono::nanoseconds) override { return false; }

  void take(std::vector<Claim> claims) {
    for (auto& claim : claims) {
      ledger_.attempted(claim);
      const auto key = claim.message.key.packed();
      attempts_[key].push_back({now(), claim.message.upto, claim.message.eventCount, delivered_[key], false});
      answers_.emplace(now() + kAnswer, std::move(claim));
    }
  }

  // As the dispatcher does: only the wake-up index says where to look.
  void claimReady() {
    std::vector<ports::ClaimLimit> limits;
    while (true) {
      auto batch = adapters_.queue.claim(adapters_.clock.now(), limits, 16);
      if (!batch) throw ModelFailure("claim failed");
      take(std::move(batch->claims));
      nextWake_ = batch->nextWake;
      if (batch->ready.empty()) return;
      limits = {{endpoint_, 16, 16, kLease}};
    }
  }

  void judge() const {
    for (const auto& item : modelKeys()) {
      const auto key = item.packed();
      const auto bursts = burstsOf(arrivals_, key, rules_);
      const auto found = attempts_.find(key);
      const std::vector<Attempted> none;
      judgeKey(key, bursts, found == attempts_.end() ? none : found->second);
    }
  }

  void judgeKey(const KeyName& key, const std::vector<Burst>& bursts, const std::vector<Attempted>& attempts) const {
    const auto fail = [&](const std::string& what) { throw ModelFailure(key + ": " + what); };
    std::uint64_t highest = 0;
    for (const auto& attempt : attempts) {
      if (attempt.upto < highest) fail("I6: upto fell");
      highest = attempt.upto;
      // I3 and the windows' rules: what is sent ends with a burst, never in the middle of one, and holds all of it.
      const auto last =
          std::find_if(bursts.begin(), bursts.end(), [&](const auto& b) { return b.upto == attempt.upto; });
      if (last == bursts.end()) fail("I3: an attempt ends within a burst, upto " + std::to_string(attempt.upto));
      std::uint64_t events = 0;
      for (const auto& burst : bursts)
        if (burst.upto > attempt.deliveredBefore && burst.upto <= attempt.upto) events += burst.events;
      if (attempt.events != events)
        fail("an attempt counts " + std::to_string(attempt.events) + " events instead of " + std::to_string(events));
    }
    for (const auto& burst : bursts) judgeStart(key, burst, attempts);
    if (!bursts.empty() && delivered_.at(key) != bursts.back().upto) fail("the last burst was not delivered");
  }

  // I2, to the millisecond: a burst starts when it is due, or when the key's previous message ends; what failed waits
  // for its retry, and what came meanwhile with it.
  void judgeStart(const KeyName& key, const Burst& burst, const std::vector<Attempted>& attempts) const {
    const auto first =
        std::find_if(attempts.begin(), attempts.end(), [&](const auto& attempt) { return attempt.upto >= burst.upto; });
    if (first == attempts.end()) throw ModelFailure(key + ": I1: upto " + std::to_string(burst.upto) + " never came");
    Ms expected = burst.due;
    if (first != attempts.begin()) {
      const auto before = std::prev(first);
      expected = std::max(expected, before->at + kAnswer + (before->failed ? kRetry : 0));
    }
    if (first->at != expected)
      throw ModelFailure(key + ": I2: upto " + std::to_string(burst.upto) + " started " +
                         std::to_string(first->at - expected) + " ms after its time");
  }

  Random random_;
  const Rules rules_;
  Adapters& adapters_;
  const bool leasesAtOnce_;
  debounce::DebounceLoop loop_;
  EndpointId endpoint_;
  Ledger ledger_;  // I4
  std::vector<Arrival> arrivals_;
  std::multimap<Ms, Claim> answers_;  // by when the receiver answers
  std::map<KeyName, std::vector<Attempted>> attempts_;
  std::map<KeyName, std::uint64_t> delivered_;
  std::optional<Instant> nextWindow_;
  std::optional<Instant> nextWake_;
};

TEST(DebounceModel, EveryBurstComesOutOnceOnTimeAndInOrder) {
  const char* text = std::getenv("LULL_MODEL_SCHEDULES");
  const std::uint64_t schedules = text == nullptr ? kDefaultSchedules : std::stoull(text);
  testing::RedisServer server({"--appendonly", "no", "--latency-tracking", "no"});
  Subject subject(server.address(), 0);
  for (std::uint32_t seed = 1; seed <= schedules; ++seed) {
    try {
      Schedule(subject, seed).run();
    } catch (const ModelFailure& failure) {
      FAIL() << "schedule " << seed << ": " << failure.what();
    }
  }
}

}  // namespace
}  // namespace lull::model
