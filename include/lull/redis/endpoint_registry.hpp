#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/registry.hpp>
#include <lull/redis/sealer.hpp>
#include <lull/redis/store.hpp>
#include <lull/runtime/guarded.hpp>

#include <cstddef>
#include <mutex>

namespace lull::redis {

/// Limits:Endpoints when nothing sets it.
inline constexpr std::size_t kMostEndpoints = 10'000;

/// The registered endpoints. Thread-safe. Keeps one immutable snapshot for the loops; CRUD reads the store. Secrets and
/// header values are stored as the sealer makes them. An endpoint whose values it cannot open stays in the snapshot,
/// with the reason in Endpoint::unreadable, because its notifications must be queued all the same; CRUD refuses it.
class EndpointRegistry : public ports::RegistryReader, public ports::EndpointStore {
 public:
  EndpointRegistry(Store& store, ports::Clock& clock, Sealer sealer = Sealer{}, std::size_t most = kMostEndpoints)
      : store_(store),
        clock_(clock),
        sealer_(std::move(sealer)),
        most_(most),
        cached_(std::make_shared<ports::RegistrySnapshot>()) {}

  ports::SnapshotPtr cached() const override;
  Result<ports::SnapshotPtr> current() override;

  Result<ports::CreateOutcome> create(const Registration& registration,
                                      const ports::CreateIdempotency& idempotency) override;
  Result<Endpoint> replace(const EndpointId& id, std::uint64_t expectedVersion, const Registration& registration,
                           ports::Resume resume = ports::Resume::IfPaused) override;
  Status remove(const EndpointId& id, std::optional<std::uint64_t> expectedVersion = std::nullopt) override;
  Result<Endpoint> find(const EndpointId& id) override;
  Result<ports::SnapshotPtr> all() override { return current(); }
  Result<std::vector<EndpointState>> states(const std::vector<EndpointId>& ids) override;

 private:
  Result<ports::SnapshotPtr> adopt(Reply reply, const ports::RegistrySnapshot& known);
  Status cancelRemovedBits(const EndpointId& id, std::uint32_t removed);
  Endpoint fromReply(const std::vector<Reply>& items, std::size_t at) const;

  Store& store_;
  ports::Clock& clock_;
  const Sealer sealer_;
  const std::size_t most_;  // endpoints
  std::mutex loading_;  // one thread at a time reads all registrations: several at once would hold them several times
  mutable runtime::Guarded<ports::SnapshotPtr> cached_;
};

}  // namespace lull::redis
