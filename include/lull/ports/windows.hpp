#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/event.hpp>
#include <lull/domain/page.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/departures.hpp>
#include <lull/ports/queue.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

struct WindowFilter {
  std::optional<std::uint32_t> changeType;
  std::optional<std::string> itemId;  ///< matches ItemId::text()
  /// Bits of the change types that may be seen at all, in lists; absent: all.
  std::optional<std::uint32_t> among{};
};

/// Operator's view of the open debounce windows. Thread-safe.
class Windows {
 public:
  virtual ~Windows() = default;
  /// Ordered by due time.
  virtual Result<Page<Window>> list(const WindowFilter& filter, const PageRequest& page) = 0;
  /// Makes every matching window due now, so that the debounce loop fans it out at once; returns how many.
  virtual Result<std::uint64_t> flush(const WindowFilter& filter) = 0;
};

/// One endpoint that a fan-out may put messages into.
struct Subscriber {
  EndpointId endpoint;
  std::uint32_t changeTypes = 0;
  std::optional<std::uint32_t> maxConcurrency{};  ///< its own limit of leased messages
  std::optional<Millis> timeout{};                ///< of its attempts, when it has one of its own
  bool filters = false;                           ///< it does not want all events of its change types
};

/// All endpoints that a fan-out may put messages into, at one revision of the registry. It holds what a fan-out needs
/// and nothing else, above all no secret. Immutable; shared between threads.
struct SubscriberList {
  std::uint64_t revision = 0;
  /// Told once per lull and item. Also those with `delivery: sync` that were debounced when some open window began.
  std::vector<Subscriber> subscribers{};
  bool uniform = true;                   ///< all of those are told of the same windows
  std::vector<Subscriber> everyEvent{};  ///< told of every event (`delivery: every`), in the order of their ids
  std::vector<Subscriber> turned{};      ///< of all, who was debounced when some open window began, and is not now
};
using SubscribersPtr = std::shared_ptr<const SubscriberList>;

/// Where whoever fires windows learns of them. Thread-safe.
class Subscribers {
 public:
  virtual ~Subscribers() = default;
  /// As they were when they were loaded last; never null. Does no I/O.
  virtual SubscribersPtr subscribers() const = 0;
  /// Loads them when the registry has changed since.
  virtual Status refresh() = 0;
};

/// What is due first among the open windows.
struct NextDue {
  Instant at;  ///< when to fire: when the first of them is due, or a little later, so that a few share the call
  std::uint32_t changeTypes = 0;  ///< the bits of the windows that are due first, of a few of them
};

struct FireOutcome {
  std::uint64_t windows = 0;    ///< windows removed
  std::uint64_t messages = 0;   ///< messages created or merged
  std::optional<NextDue> next;  ///< what is due first among the windows left, absent when none is open
  bool held = false;            ///< it stopped as Permits::paced says
  ClaimBatch leased;            ///< of the messages, those that are leased to the caller and have to be sent
};

/// What is due: all that the store knows, or what an admission or a flush tells of itself in this replica.
struct DueNote {
  std::optional<NextDue> window{};  ///< what is due first of the windows that were touched, or that an admission's own
                                    ///< firing has left; its types may be unknown
  bool streamed = false;            ///< there are (new) events in the stream
};

/// Takes due windows: removes each and fans it out in one atomic step. Thread-safe.
class WindowFiring {
 public:
  virtual ~WindowFiring() = default;
  /// What is due first of all windows, absent when none is open, and whether events wait in the stream. Cheap: an idle
  /// loop asks for it.
  virtual Result<DueNote> due() = 0;
  /// Refused with Stale when the revision of `known` is not the registry's. Stops at a window boundary after about
  /// 1,000 messages, and before a window whose bit is not one of `changeTypes`: endpoints that take none of them cost
  /// nothing. Messages that need not wait are leased to the caller, as far as `permits` allow it.
  virtual Result<FireOutcome> fireDue(Instant now, const SubscriberList& known, std::uint32_t changeTypes,
                                      const Permits& permits) = 0;
};

}  // namespace lull::ports
