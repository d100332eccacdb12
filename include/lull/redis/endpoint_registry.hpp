#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/registry.hpp>
#include <lull/redis/store.hpp>
#include <lull/runtime/guarded.hpp>

namespace lull::redis {

/// The registered endpoints. Thread-safe. Keeps one immutable snapshot for the loops; CRUD reads the store.
class EndpointRegistry : public ports::RegistryReader, public ports::EndpointStore {
 public:
  EndpointRegistry(Store& store, ports::Clock& clock)
      : store_(store), clock_(clock), cached_(std::make_shared<ports::RegistrySnapshot>()) {}

  ports::SnapshotPtr cached() const override;
  Result<ports::SnapshotPtr> current() override;

  Result<ports::CreateOutcome> create(const Registration& registration,
                                      const ports::CreateIdempotency& idempotency) override;
  Result<Endpoint> replace(const EndpointId& id, std::uint64_t expectedVersion,
                           const Registration& registration) override;
  Status remove(const EndpointId& id) override;
  Result<Endpoint> find(const EndpointId& id) override;
  Result<std::vector<Endpoint>> all() override;
  Result<std::vector<EndpointState>> states(const std::vector<EndpointId>& ids) override;

 private:
  Result<ports::SnapshotPtr> adopt(Reply reply, const ports::RegistrySnapshot& known);
  Status cancelRemovedBits(const EndpointId& id, std::uint32_t removed);

  Store& store_;
  ports::Clock& clock_;
  mutable runtime::Guarded<ports::SnapshotPtr> cached_;
};

}  // namespace lull::redis
