#pragma once

#include "model/coverage.hpp"
#include "model/coverage_filters.hpp"
#include "model/coverage_lanes.hpp"
#include "model/coverage_turns.hpp"
#include "model/ledger.hpp"
#include "model/reference.hpp"
#include "model/steps.hpp"
#include "model/subject.hpp"

#include <lull/domain/item_id.hpp>

#include <functional>
#include <string>
#include <vector>

namespace lull::model {

/// Takes the real adapters and the reference through one sequence, side by side, and compares what they answer and what
/// they hold after every step. Throws ModelFailure at the first difference. Not thread-safe.
class Driver {
 public:
  Driver(Subject& subject, const Mixture& mixture, std::uint32_t seed, AllCoverage& coverage);

  /// False when the state offers nothing to do for this step; nothing was done then.
  bool apply(const Step& step);
  /// Heals and resumes everything, delivers what is left by what the wake-up index says, and judges I1.
  void drain();
  /// Holds what the ports tell an operator against the reference.
  void compareViews();
  /// What filters decided.
  const FilterCoverage& verdicts() const { return reference_.verdicts(); }

 private:
  struct Edit {
    Change change;
    bool outdated = false;  ///< made from an older version
  };

  // driver.cpp
  void check(bool holds, const std::string& what) const;
  void compare();
  void checkWake(const Observation& seen) const;
  void checkTold(const Observation& seen) const;
  void cover(Op op, const EndpointName& endpoint, const KeyName& key);
  void coverAll(Op op);
  void coverEndpoint(Op op, const EndpointName& endpoint);
  void coverClaim(Op op, const Claim& claim);
  const State& state() const { return reference_.state(); }
  bool focused() const { return focus_ >= 0; }
  bool lanes() const { return hasLanes_; }
  const ItemKey& anyKey(Random& random) const {
    return keys_[focused() ? static_cast<std::size_t>(focus_) : below(random, keys_.size())];
  }
  Ms now() const { return millisOf(adapters_.clock.now()); }

  // driver_end.cpp
  ports::ClaimBatch settleHeld();
  void compareLetters();
  void compareQueue(const EndpointName& id, const EndpointModel& model);

  // driver_events.cpp
  bool admit(Op op, Random& random);
  bool fire(Op op, Random& random);
  void fireAll(Op op, const ports::Permits& permits);
  ports::Permits drawPermits(Random& random) const;
  bool fan(Random& random);
  void fanOnce(std::uint32_t bits, Ms at);
  bool flush(Random& random);
  bool advance(Random& random);
  Event drawEvent(Random& random);

  // driver_queue.cpp
  bool claim(Random& random);
  ports::ClaimBatch claimAll(const std::vector<ports::ClaimLimit>& limits, std::uint32_t most);
  ports::ClaimBatch take(ports::ClaimBatch batch, const std::vector<ExpectedClaim>& expected, const std::string& by);
  bool renew(Random& random);
  void checkWanted(const EndpointModel& endpoint, const Claim& claim) const;
  bool valid(const Claim& claim) const;
  bool chosen(const Claim& claim, Random& random) const;

  // driver_settle.cpp
  bool settleOne(Op op, Random& random);
  bool settleLate(Random& random);
  ports::ClaimRequest drawNext(const std::vector<ports::Settlement>& settlements, Random& random) const;
  ports::ClaimBatch settleAll(const std::vector<ports::Settlement>& settlements, const std::vector<Claim>& claims,
                              const ports::ClaimRequest& next);
  ports::Settlement settlementFor(Op op, const Claim& claim, Random& random) const;

  // driver_operator.cpp
  const EndpointName* anyEndpoint(Random& random) const;
  void createEndpoint(const Change& as);
  Change unchanged(const EndpointName& id) const;
  Filter otherFilter(Random& random) const;
  bool changeKind(Random& random);
  void forgo(const EndpointName& id, const KeyName& key, const MessageModel& message);
  void forgive(const EndpointName& id, const Filter& filter);
  void replaceEndpoint(const EndpointName& id, const Edit& edit);
  bool editEndpoint(Op op, Random& random);
  bool recreate(Random& random);
  bool operateQueue(Op op, Random& random);
  bool retryQueue(const EndpointName& id, Random& random);
  bool purgeMessage(const EndpointName& id, Random& random);

  // driver_letters.cpp
  bool oneLetter(Op op, Random& random);
  bool manyLetters(Op op, Random& random);
  void byEndpoint(std::vector<LetterName>& names, bool supersededToo) const;
  bool isRetryable(const LetterName& name, bool supersededToo) const;
  std::vector<LetterName> lettersOf(const std::function<bool(const EndpointName&, const LetterModel&)>& chosen) const;

  Subject& subject_;
  const std::vector<ItemKey> keys_;
  Reference reference_;
  Coverage& coverage_;
  LaneCoverage& lanes_;
  TurnCoverage& turns_;
  Adapters& adapters_;
  Ledger ledger_;
  std::vector<EndpointName> ids_;      // all there ever were
  std::vector<Claim> held_;            // claims that are not settled, their leases possibly lost
  std::vector<Claim> spent_;           // some claims that were settled
  std::set<EndpointName> turnedBack_;  // became debounced again
  std::set<KeyName> flushed_;          // windows that an operator flushed
  /// What the call of the step at hand told of the wake-up index.
  struct Told {
    std::vector<EndpointName> ready;
    std::optional<Instant> nextWake;
  };
  std::optional<Told> told_;
  std::set<EndpointName> visited_;  // by that call: it knows exactly when it has to be looked at again
  std::uint32_t events_ = 0;
  const bool hasLanes_;  // some endpoints may take every event
  int focus_ = -1;       // of the step at hand
};

/// Mostly those of the settings.
AttemptLimits drawLimits(Random& random);
/// Of what the driver claims; what is leased at firing has a lease of its own.
inline constexpr Millis kLease{25'000};
/// The items of the model. They are few, so that operations meet the same ones.
const std::vector<ItemKey>& modelKeys();

}  // namespace lull::model
