#pragma once

#include <lull/ports/alerts.hpp>
#include <lull/ports/registry.hpp>
#include <lull/ports/windows.hpp>
#include <lull/redis/sealer.hpp>
#include <lull/redis/shard.hpp>
#include <lull/runtime/guarded.hpp>

#include <cstddef>
#include <mutex>

namespace lull::redis {

class ReplyItems;

/// Limits:Endpoints when nothing sets it.
inline constexpr std::size_t kMostEndpoints = 10'000;

/// The registered endpoints. Thread-safe. The loops read an immutable snapshot, the REST API reads the store. Secrets
/// and header values are stored as the sealer makes them. An endpoint whose values cannot be opened, or whose
/// registration cannot be read at all, stays in the snapshot, with the reason in Endpoint::unreadable, because its
/// notifications must still be queued; the API refuses everything but its deletion. `alerts` is told of such endpoints,
/// and of registrations that are gone because Redis was emptied.
class EndpointRegistry : public ports::RegistryReader, public ports::Subscribers, public ports::EndpointStore {
 public:
  EndpointRegistry(Shard& shard, Sealer sealer = Sealer{}, std::size_t most = kMostEndpoints,
                   ports::Alerts* alerts = nullptr)
      : shard_(shard), sealer_(std::move(sealer)), most_(most), alerts_(alerts) {}

  ports::SnapshotPtr cached() const override;
  Result<ports::SnapshotPtr> current() override;
  ports::SubscribersPtr subscribers() const override;
  Status refresh() override;

  Result<ports::CreateOutcome> create(const Registration& registration, const ports::CreateIdempotency& idempotency,
                                      const std::string& owner = {}) override;
  Result<Endpoint> replace(const EndpointId& id, std::uint64_t expectedVersion, const Registration& registration,
                           ports::Resume resume = ports::Resume::IfPaused) override;
  Status remove(const EndpointId& id, std::optional<std::uint64_t> expectedVersion = std::nullopt) override;
  Result<Endpoint> find(const EndpointId& id) override;
  Result<ports::SnapshotPtr> all() override { return current(); }
  Result<EndpointIds> registeredBy(const std::string& owner) override;
  Result<std::vector<EndpointState>> states(const std::vector<EndpointId>& ids) override;
  Result<std::vector<EndpointState>> statesWithWaits(const std::vector<EndpointId>& ids) override;

 private:
  struct Cache {
    ports::SnapshotPtr snapshot = std::make_shared<ports::RegistrySnapshot>();
    ports::SubscribersPtr subscribers = std::make_shared<ports::SubscriberList>();
    std::string born;  // when the store was begun that it was read from
  };
  Result<ports::SnapshotPtr> adopt(const Reply& reply, const Cache& known);
  void keepDamaged(const EndpointId& id);
  void tellChanges(const Cache& known, const Cache& fresh);
  Status cancelRemovedBits(const EndpointId& id, std::uint32_t removed);
  Endpoint fromReply(const ReplyItems& items, std::size_t at) const;

  Shard& shard_;
  const Sealer sealer_;
  const std::size_t most_;  // endpoints
  ports::Alerts* const alerts_;
  std::mutex loading_;  // one thread at a time reads all registrations, because each reader holds them all in memory
  mutable runtime::Guarded<Cache> cached_;
};

}  // namespace lull::redis
