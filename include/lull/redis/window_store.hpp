#pragma once

#include <lull/ports/life_sign.hpp>
#include <lull/ports/windows.hpp>
#include <lull/redis/shard.hpp>

#include <functional>

namespace lull::redis {

struct WindowTimes {
  Millis firstRetryDelay{};  ///< of the deliveries: a merge into attempted content is due no later than this
  Millis maxWait{};          ///< the longest that a window stays open
  Millis slack{};            ///< a window may fire so much later, to share the call with up to three that are due then
};

/// Debounce windows in Redis. Thread-safe.
class WindowStore : public ports::Windows, public ports::WindowFiring {
 public:
  /// `sign` names this process in the leases that it is given. `onDue` is told when a flush made windows due; it must
  /// not block.
  WindowStore(Shard& shard, const WindowTimes& times, const ports::LifeSign& sign,
              std::function<void(const ports::DueNote&)> onDue)
      : shard_(shard), times_(times), sign_(sign), onDue_(std::move(onDue)) {}

  Result<Page<Window>> list(const ports::WindowFilter& filter, const PageRequest& page) override;
  Result<std::uint64_t> flush(const ports::WindowFilter& filter) override;
  Result<ports::DueNote> due() override;
  Result<ports::FireOutcome> fireDue(Instant now, const ports::SubscriberList& known, std::uint32_t changeTypes,
                                     const ports::Permits& permits) override;

  /// One call of fireDue(), for whoever sends its command by itself: its answer is read with it.
  struct FireCall {
    Instant now;
    std::uint64_t revision = 0;
    std::uint32_t slot = 0;                   // of this process, in the leases
    std::vector<ports::ClaimLimit> limits{};  // of the subscribers that the call names
    std::vector<std::string> keys{};
    std::vector<std::string> arguments{};
    Command command(const ScriptSet& scripts) const { return scripts["fire"].call(keys, arguments); }
  };
  /// It stops at a window boundary after about `mostMessages` messages.
  FireCall fireCall(Instant now, const ports::SubscriberList& known, std::uint32_t changeTypes,
                    const ports::Permits& permits, std::size_t mostMessages) const;
  /// The answer to it, which is no error and names no damage.
  Result<ports::FireOutcome> firedBy(const FireCall& call, const Reply& reply);

 private:
  Shard& shard_;
  const WindowTimes times_;
  const ports::LifeSign& sign_;
  const std::function<void(const ports::DueNote&)> onDue_;
};

}  // namespace lull::redis
