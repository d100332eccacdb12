#pragma once

#include "model/state.hpp"

#include <lull/domain/message.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace lull::model {

/// Thrown when an invariant is broken or model and scripts differ; says what went wrong.
struct ModelFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Holds the invariants I1, I3, I4 and I6 of docs/design.md against what was really handed out, without the reference's
/// help. Every function throws ModelFailure when an invariant is broken. Not thread-safe.
class Ledger {
 public:
  void admitted(const EndpointName& endpoint, const KeyName& key, std::uint64_t sequence);
  /// A window of the key fired; `flushed`: an operator asked for it.
  void fired(const KeyName& key, Ms now, Ms distance, bool flushed);
  void attempted(const Claim& claim);
  /// I6 in a lane: a message starts after the one before it has ended, and what is not sent out of its order follows.
  void startedInLane(const Claim& claim, const std::string& lane, Ms now);
  void renewedInLane(const Claim& claim, Ms until);
  void endedInLane(const EndpointName& endpoint, std::uint64_t token);
  /// Its lanes are others now.
  void lanesChanged(const EndpointName& endpoint);
  /// The attempt's request never started.
  void withdrawn(const Claim& claim);
  void delivered(const Claim& claim);
  /// The place of a message: of one that tells a single event of many, that event's.
  static KeyName placeOf(const MessageKey& key, const KeyName& item, std::uint64_t idSequence, std::uint64_t upto);
  /// An operator gave up the key's messages up to `upto`.
  void givenUp(const EndpointName& endpoint, const KeyName& key, std::uint64_t upto);
  /// The endpoint is deleted or no longer subscribed to the item: what it was owed is void.
  void unsubscribed(const EndpointName& endpoint, const KeyName& item);
  /// The endpoint's filter no longer lets this event pass.
  void unwanted(const EndpointName& endpoint, const KeyName& item, std::uint64_t sequence);
  /// The endpoint is full and misses this event, which it was told.
  void missed(const EndpointName& endpoint, const KeyName& place);
  /// An operator sends older content again: order starts anew.
  void orderVoid(const EndpointName& endpoint, const KeyName& key) { attempts_.erase({endpoint, key}); }
  /// I1, when nothing is left to do.
  void judge(const State& state) const;

 private:
  using Place = std::pair<EndpointName, KeyName>;
  struct Sent {
    std::uint64_t upto = 0;
    std::uint64_t events = 0;
    std::string payload;
    auto operator<=>(const Sent&) const = default;
  };
  struct Flight {
    std::uint64_t token = 0;
    Ms until = 0;
  };
  static KeyName placeOf(const Claim& claim);
  std::map<Place, Flight> flights_;        // by lane
  std::map<Place, std::uint64_t> inLane_;  // highest upto that was started in its order, by lane
  std::map<Place, std::set<std::uint64_t>> owed_;
  std::map<Place, std::uint64_t> discharged_;
  std::map<Place, std::uint64_t> attempts_;  // highest upto
  std::map<KeyName, Ms> fired_;
  struct Known {
    Place place;
    Sent sent;
    std::uint32_t attempts = 0;
  };
  std::map<std::string, Known> byId_;
  std::map<std::pair<Place, std::uint64_t>, std::string> byContent_;
  std::set<std::string> successes_;
};

}  // namespace lull::model
