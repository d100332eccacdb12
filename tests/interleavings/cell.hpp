#pragma once

#include "message_codec.hpp"
#include "support/fixed_sign.hpp"
#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"

#include <lull/ports/meter.hpp>
#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/dead_letter_store.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/queue_store.hpp>
#include <lull/redis/queue_view_store.hpp>
#include <lull/redis/shard.hpp>
#include <lull/redis/stats_store.hpp>
#include <lull/redis/stream_store.hpp>
#include <lull/redis/window_store.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace lull::interleavings {

using testing::NoMeter;

/// One endpoint and one item on a shard of their own, driven through the real adapters step by step: nothing happens
/// between the steps. Keeps the ledger that the invariants are judged by. Every unexpected error throws. Not
/// thread-safe.
class Cell {
 public:
  /// `prefix` keeps the cells of one server apart. `everyEvent`: the endpoint takes every event, all in one lane.
  Cell(const redis::Address& address, const std::string& prefix, bool everyEvent);
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  // What happens to the item.
  void event();                           ///< admitted, and its window fired at once
  bool eventAtOnce();                     ///< the same, leased to who fires it; false: it may not go at once
  bool claim();                           ///< what may be sent now; false when that is nothing
  void complete();                        ///< the last claim
  void fail(Millis in);                   ///< the last claim, the next attempt due `in` from now
  void park(Millis until);                ///< the last claim, answered with 429 and Retry-After
  void bury();                            ///< the last claim, as exhausted with status 500
  void buryAndClaim();                    ///< the same; in the same call what may be sent then is claimed
  void setAside(Millis until);            ///< the last claim
  void purgeClaimed();                    ///< the last claim's message, by its id
  Claim held() const;                     ///< the last claim; before the first one a claim that nobody was given
  bool completeLate(const Claim& claim);  ///< false: it was stale
  std::string completeAndClaim();         ///< the last claim, stale or not; what may be sent then is claimed
  void outliveLeases();                   ///< 30 s pass
  void takeOver();                        ///< the process that holds the leases gives no sign of life
  void advance(Millis by) { clock_.advance(by); }

  // What an operator does. Each returns the answer in the words of the table.
  std::string pause();
  std::string resume();
  std::string remove();
  std::string unsubscribe();
  std::string purgeQueue();
  std::string retryQueue();
  std::string retryLetter();
  std::string retryLetters();
  std::string purgeLetter();
  std::string purgeLetters();
  std::string expireLetters();
  std::string purgeSeenLetter();
  std::string purgeSeenMessage();

  /// What is stored, as it stands in the table: "leased(id1 upto1 try1) successor(id2 upto2 try0)". A waiting message
  /// that is due before the schedule wants it is "early".
  std::string describe();
  /// What the counters of I8 grew by since the last call: "created 1, superseded 1".
  std::string counted();
  /// What a claim hands out 30 s later, when any lease has run out: "id1 try2", "early" when the schedule wanted it
  /// later; "-" for nothing.
  std::string next();

  // Invariants. Each returns what is wrong, or an empty text.
  std::string invented();    ///< I5: an upto beyond what was issued
  std::string unbalanced();  ///< I8
  /// Resumes the endpoint, lets time pass and delivers until nothing is left; then I1 and I4 over all that was done.
  std::string lostAfterHealing();

 private:
  std::uint64_t version();
  std::string edit(bool enabled, std::uint32_t changeTypes);
  ports::ClaimBatch arrive(const ports::Permits& permits);
  bool hold(ports::ClaimBatch batch);
  ports::SettleOutcome settleAndClaim(const Claim& claim, ports::Settlement settlement, std::uint32_t most);
  bool settle(const Claim& claim, ports::Settlement settlement);
  std::optional<DeadLetter> letter();
  std::optional<redis::StoredMessage> stored(const std::string& field);
  std::vector<std::string> fields();
  std::string subject();
  std::string placeOf(const redis::StoredMessage& queued);
  std::string describeDue(const redis::StoredMessage& queued, const std::string& order);
  std::string tombstones();
  void forgo(std::uint64_t upto);
  void forgoQueue();
  void forgoLetter();
  Instant now() const { return clock_.now(); }

  testing::ManualClock clock_;
  NoMeter meter_;
  testing::FixedSign sign_;
  redis::Shard shard_;
  redis::EndpointRegistry registry_;
  redis::AdmissionPipeline admission_;
  redis::WindowStore windows_;
  redis::StreamStore stream_;
  redis::QueueStore queue_;
  redis::QueueViewStore view_;
  redis::DeadLetterStore letters_;
  redis::StatsStore stats_;
  std::thread admitting_;

  const bool everyEvent_;
  EndpointId endpoint_;
  std::vector<Claim> claims_;                    // all there were, oldest first
  std::uint64_t issued_ = 0;                     // the highest sequence given out
  std::uint64_t delivered_ = 0;                  // the highest upto of a delivery
  std::uint64_t forgone_ = 0;                    // the highest upto that an operator cancelled, purged or let expire
  std::vector<std::uint64_t> events_;            // what was admitted
  std::set<std::uint64_t> discharged_;           // of a lane: the events that were delivered or given up
  std::map<std::string, std::uint64_t> sent_;    // webhook-id → upto
  std::string reused_;                           // I4: an id that stood for two contents
  std::map<std::string, std::uint64_t> before_;  // counters at the last counted()
};

}  // namespace lull::interleavings
