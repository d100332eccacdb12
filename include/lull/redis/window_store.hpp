#pragma once

#include <lull/ports/life_sign.hpp>
#include <lull/ports/windows.hpp>
#include <lull/redis/shard.hpp>

#include <functional>

namespace lull::redis {

/// Debounce windows in Redis. Thread-safe.
class WindowStore : public ports::Windows, public ports::WindowFiring {
 public:
  /// `maxWait`: the longest that a window stays open. `sign` names this process in the leases that it is given. `onDue`
  /// is told when a flush made windows due; it must not block.
  WindowStore(Shard& shard, Millis firstRetryDelay, Millis maxWait, const ports::LifeSign& sign,
              std::function<void(const ports::DueNote&)> onDue)
      : shard_(shard), firstRetryDelay_(firstRetryDelay), maxWait_(maxWait), sign_(sign), onDue_(std::move(onDue)) {}

  Result<Page<Window>> list(const ports::WindowFilter& filter, const PageRequest& page) override;
  Result<std::uint64_t> flush(const ports::WindowFilter& filter) override;
  Result<std::optional<ports::NextDue>> nextDue() override;
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
  const Millis firstRetryDelay_;
  const Millis maxWait_;
  const ports::LifeSign& sign_;
  const std::function<void(const ports::DueNote&)> onDue_;
};

}  // namespace lull::redis
