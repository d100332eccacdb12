#pragma once

#include <lull/domain/event.hpp>
#include <lull/ports/calls.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/history.hpp>
#include <lull/ports/meter.hpp>
#include <lull/ports/registry.hpp>
#include <lull/runtime/gate.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace lull::synchronous {

using SteadyClock = std::chrono::steady_clock;

struct CallSettings {
  Millis deadline{10'000};  ///< all calls of one request end within it
  Millis timeout{15'000};   ///< of one call, when its endpoint has none of its own
  /// Each waiting request occupies a thread. Beyond so many, requests are refused before their commit.
  std::size_t mostRequests = 64;
  /// Events of one request that may be for endpoints with `delivery: sync`.
  std::size_t mostEvents = 10;
  std::function<SteadyClock::time_point()> steadyNow = [] { return SteadyClock::now(); };  ///< the deadline runs on it
};

struct CallPorts {
  ports::RegistryReader& registry;
  ports::Channel& channel;
  ports::CallLog& log;
  ports::Clock& clock;
  ports::Meter& meter;
  ports::HistoryNotes& history;
};

/// What became of one event at one endpoint.
struct CallReport {
  EndpointId endpoint;
  std::uint64_t sequence = 0;
  std::string_view outcome;  ///< one of kOutcomeWords, kSkipped or kNoTime
  std::optional<int> code;   ///< the number that the receiver answered, if it did
  std::optional<ReceiverResult> result;
  Millis duration{0};
};
inline constexpr std::string_view kSkipped =
    "skipped";  ///< the endpoint is paused, or was deleted or changed meanwhile
inline constexpr std::string_view kNoTime = "deadline";  ///< the deadline of the request came first

/// Whether an event is for an endpoint, paused or not. This is the place that judges it for calls.
bool wants(const Endpoint& endpoint, const Event& event);

/// Reads the events of a request once more, for the rare request for which they turn out to be needed after they were
/// admitted. Empty when its body is not kept any more.
using ReadAgain = std::function<std::vector<Event>()>;

/// What a request may have to tell, from before its commit until its calls are made. A value that is moved.
class Plan {
 private:
  friend class Calls;
  struct Kept {
    Event event;
    std::size_t place = 0;  // in the request
  };
  static std::vector<Kept> wantedAmong(const std::vector<Event>& events, const ports::RegistrySnapshot& registry);

  std::vector<Kept> events_;  // that somebody wants as far as `known_` says
  ports::SnapshotPtr known_;
  ReadAgain readAgain_;
  std::unique_ptr<runtime::Gate::Pass> pass_;  // nullptr: nothing has to be called as far as `known_` says
};

/// Calls endpoints with `delivery: sync` within the request that publishes the events. First plan(), then the commit,
/// then make(). Nothing is queued: a call that fails is not repeated, and what other endpoints get does not depend on
/// it. Thread-safe; the callers' threads wait for the receivers.
class Calls {
 public:
  Calls(CallSettings settings, CallPorts ports);

  /// InvalidInput when too many of the events are for such endpoints, Unavailable while too many requests wait for
  /// their calls. In both cases nothing may be admitted. With `readAgain`, which make() may use, what this process
  /// knows of the endpoints is enough, and Redis is asked only before a refusal; without it Redis is asked at once.
  Result<Plan> plan(const std::vector<Event>& events, ReadAgain readAgain = {});

  /// Calls for each event in order the endpoints that want it, one after another. Blocks for at most the deadline; when
  /// the channel is stopped it returns at once. A result of Error ends the calls of its event. Paused endpoints, and
  /// those that no time was left for, are reported, too, and so are the events beyond `mostEvents` that are wanted by
  /// endpoints of which plan() could not know.
  std::vector<CallReport> make(const Plan& plan, const AdmissionReceipt& receipt);

 private:
  class Round;
  ports::SnapshotPtr snapshotAt(std::uint64_t revision, const ports::SnapshotPtr& known) const;

  const CallSettings settings_;
  const CallPorts ports_;
  runtime::Gate gate_;
};

}  // namespace lull::synchronous
