#pragma once

#include <lull/dispatch/attempt_slots.hpp>
#include <lull/dispatch/quarantine.hpp>
#include <lull/dispatch/retry_policy.hpp>
#include <lull/dispatch/settler.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/departures.hpp>
#include <lull/ports/history.hpp>
#include <lull/ports/life_sign.hpp>
#include <lull/ports/meter.hpp>
#include <lull/ports/queue.hpp>
#include <lull/ports/registry.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/deadline.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace lull::dispatch {

struct DispatchSettings {
  RetrySettings retry;
  Millis timeout{15000};               ///< of endpoints that have none of their own
  Millis leaseMargin{10000};           ///< a lease lasts the time-out plus this
  std::uint32_t maxConcurrency = 256;  ///< shared slots of this process
  std::uint32_t maxPerEndpoint = 16;   ///< fleet-wide, of endpoints that have no limit of their own
  std::uint32_t maxSockets = 2048;     ///< running attempts of this process, whatever their age
};

struct DispatchPorts {
  ports::Claims& claims;
  ports::RegistryReader& registry;
  ports::Channel& channel;
  ports::Clock& clock;
  ports::Meter& meter;
  ports::HistoryNotes& history;
  const ports::LifeSign& sign;
};

/// Claims due messages, has the channel deliver them, hands what came of it to the settler. Messages come to it in
/// three ways: the loop claims those that became due; the calls that settle attempts claim what their endpoints may
/// send next; and who fires windows, the debounce loop or an admission, is leased new ones. run() has a thread of its
/// own; all other calls are thread-safe.
class Dispatcher : public NextClaims, public ports::Departures {
 public:
  Dispatcher(DispatchSettings settings, DispatchPorts ports, Settler& settler);

  void run();
  /// Starts no attempt from now on; messages that a running claim still brings are released. Never blocks.
  void stop();
  /// Tells the loop that a message may have become due.
  void wake();
  /// Waits until no attempt runs; false when some still run at the deadline.
  bool drained(const runtime::Deadline& deadline);
  std::size_t running() const { return slots_.running(); }

  Asked ask(const std::vector<ports::Settlement>& ending) override;
  void settled(const std::vector<ports::Settlement>& ended, const Asked& asked, ports::ClaimBatch next) override;
  void notSettled(const Asked& asked) override;

  ports::Permits reserve() override;
  ports::Permits reserveFew(std::uint32_t most) override;
  void giveBack(const ports::Permits& permits) override;
  void depart(const ports::Permits& permits, ports::ClaimBatch leased) override;
  bool awaitRoom(std::chrono::nanoseconds most) override;

 private:
  // The most messages of one claim: a message that becomes due meanwhile does not wait until hundreds of connections
  // have been made.
  static constexpr std::size_t kMostClaims = 64;
  // The most of one endpoint in one claim: its first half is being sent while Redis hands out the second, so neither
  // waits for the other.
  static constexpr std::size_t kMostOfOne = 32;
  // The longest time for which a message stays unnoticed when another replica queued it and had no free slot for it.
  static constexpr Millis kPoll{200};

  using SteadyClock = std::chrono::steady_clock;
  /// Whose messages a turn of the loop claims: see putFirst().
  enum class Turn { Any, Answering, Crowded };

  /// What replies told of the queues since the loop looked last.
  struct Told {
    std::set<EndpointId> ready;
    std::optional<Instant> nextWake;
    SteadyClock::time_point at;
    Instant planned = Instant::max();  // when the loop wakes up by itself
    bool look = true;                  // something changed that no reply told
  };
  /// Messages that the loop alone decides about, and when they were claimed.
  struct Suspects {
    std::vector<std::pair<Claim, SteadyClock::time_point>> claims;
    bool closed = false;  // the loop has ended
  };

  void turn();
  void takeSuspects();
  bool mustLook(SteadyClock::time_point now);
  void tell(const std::vector<EndpointId>& ready, const std::optional<Instant>& nextWake);
  void claimFor(const std::vector<EndpointId>& endpoints, std::size_t slots, SteadyClock::time_point claimedAt,
                std::size_t held);
  void waitForStore(const Error& error);
  bool look(SteadyClock::time_point now);
  void putFirst(std::vector<EndpointId>& endpoints, SteadyClock::time_point now) const;
  void waitForAttempt(std::size_t running, std::chrono::nanoseconds most);
  void quarantineTurn(SteadyClock::time_point now);
  void renewSuspect(SteadyClock::time_point now);
  void sendSuspect(SteadyClock::time_point now, bool alone);
  void putBack(const Claim& claim, SteadyClock::duration later);
  void pause();
  std::vector<EndpointId> candidates();
  std::vector<ports::ClaimLimit> limitsOf(const std::vector<EndpointId>& endpoints, std::size_t slots,
                                          SteadyClock::time_point now) const;
  ports::SnapshotPtr registryAt(std::uint64_t revision);
  bool mayHold() const { return !stopping_ && !quarantined_ && !awaitsAttempt_ && ports_.sign.lives(); }
  ports::ClaimLimit limitOf(const ports::RegistrySnapshot& snapshot, const EndpointId& id, std::size_t most,
                            SteadyClock::time_point now) const;
  void startAll(std::vector<Claim> claims, std::uint64_t revision, SteadyClock::time_point claimedAt);
  void noteBacklogs(const std::vector<ports::Settlement>& ended, const std::vector<Claim>& claims);
  void giveSlotsBack(std::size_t slots);
  void suspect(Claim claim, SteadyClock::time_point claimedAt);
  void start(Claim claim, const std::shared_ptr<const Endpoint>& endpoint, SteadyClock::time_point claimedAt);
  Haste hasteOf(const ports::Settlement& settlement, const Endpoint& endpoint);
  void finish(const Claim& claim, const Endpoint& endpoint, const AttemptEnd& end);
  void giveBack(const AttemptSlots::Ticket& ticket, bool answered);
  double draw();
  Millis timeoutOf(const Endpoint& endpoint) const;
  Millis leaseOf(const Endpoint* endpoint) const;
  Millis leaseOfCurrent() const;
  Result<std::optional<std::uint64_t>> renew(bool alone, Millis lease);

  const DispatchSettings settings_;
  const DispatchPorts ports_;
  Settler& settler_;
  AttemptSlots slots_;
  runtime::Signal wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> awaitsAttempt_{false};    // the loop sleeps until an attempt ends
  std::atomic<std::uint64_t> aloneToken_{0};  // token of the suspect that runs alone and is not settled yet; 0: none
  std::atomic<bool> quarantined_{false};      // nothing is leased but what the loop claims
  std::atomic<std::uint64_t> settledCalls_{0};
  std::atomic<std::uint64_t> roomSeen_{0};  // of settledCalls_, when slots were reserved last
  std::atomic<bool> awaitsRoom_{false};
  runtime::Signal room_;
  runtime::Guarded<Told> told_;
  // Endpoints of which the last call that was about them claimed something: more may wait for one of their slots.
  runtime::Guarded<std::set<EndpointId>> backlogged_;
  runtime::Guarded<Suspects> suspects_;

  // Used by the loop's thread only:
  std::vector<EndpointId> ready_;
  std::optional<Instant> nextWake_;
  bool mustAsk_ = false;            // something changed that no reply has told yet
  SteadyClock::time_point toldAt_;  // when a reply told what is ready
  SteadyClock::time_point nextLook_;
  Turn turn_ = Turn::Any;
  std::size_t spare_ = 0;  // slots for endpoints that answer, when all shared ones are taken
  Quarantine quarantine_;
  runtime::LoopBackoff backoff_;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::minstd_rand random_;  // protected by mutex_
};

}  // namespace lull::dispatch
