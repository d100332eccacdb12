#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

/// All endpoints at one revision. Immutable; shared between threads.
struct RegistrySnapshot {
  std::uint64_t revision = 0;
  std::map<EndpointId, std::shared_ptr<const Endpoint>> endpoints;  // ids ascend in order of creation
  /// Those of them with `delivery: sync`, in the order in which they are called: by position, then by registration.
  std::vector<std::shared_ptr<const Endpoint>> called{};
};
using SnapshotPtr = std::shared_ptr<const RegistrySnapshot>;

/// Read side, for the loops. Thread-safe.
class RegistryReader {
 public:
  virtual ~RegistryReader() = default;
  /// The snapshot last loaded; never null (revision 0 and empty before the first load). Does no I/O.
  virtual SnapshotPtr cached() const = 0;
  /// Loads the endpoints when the stored revision differs from the cached one, and returns the current snapshot.
  virtual Result<SnapshotPtr> current() = 0;
};

/// A stored 201 for an Idempotency-Key: the same key replays it for 24 h.
struct CreateIdempotency {
  std::string key;          ///< scope + client's key; empty: none
  std::string fingerprint;  ///< of the request body; another one under the same key is IdempotencyMismatch
};

struct CreateOutcome {
  Endpoint endpoint;
  bool replayed = false;
};

/// What a request itself says of `enabled`, beside what the registration says.
enum class Resume {
  IfPaused,  ///< nothing
  Always,    ///< true: breaker and park end also when the endpoint was not paused
  Refused,   ///< false: an endpoint that is blocked becomes paused by its operator, so only `enabled: true` resumes it
};

/// Write side, for the REST API. Every call is one atomic step in the store. Thread-safe.
class EndpointStore {
 public:
  virtual ~EndpointStore() = default;
  /// Conflict when there are as many endpoints as Limits:Endpoints allows.
  virtual Result<CreateOutcome> create(const Registration& registration, const CreateIdempotency& idempotency,
                                       const std::string& owner = {}) = 0;
  /// `expectedVersion` must still be the stored one, else Stale (the caller reads again). Conflict when the endpoint
  /// would be told in another way although it holds messages or dead letters (judgeChange). Turning `enabled` off
  /// pauses, turning it on resumes and clears breaker and park, as does Resume::Always on one that was not paused; bits
  /// removed from `changeTypes` cancel their waiting messages.
  virtual Result<Endpoint> replace(const EndpointId& id, std::uint64_t expectedVersion,
                                   const Registration& registration, Resume resume = Resume::IfPaused) = 0;
  /// Cancels the queue, keeps the dead letters. NotFound when there is none; Stale when `expectedVersion` is given and
  /// is not the stored one any more.
  virtual Status remove(const EndpointId& id, std::optional<std::uint64_t> expectedVersion = std::nullopt) = 0;
  /// Reads the store, not a cache. NotFound when there is none.
  virtual Result<Endpoint> find(const EndpointId& id) = 0;
  /// All of them as they are stored now: shared, not copied.
  virtual Result<SnapshotPtr> all() = 0;
  /// The endpoints of this owner, deleted ones that have dead letters too.
  virtual Result<EndpointIds> registeredBy(const std::string& owner) = 0;
  /// One state per id, in the order asked; unknown ids give a default state. Any number may be asked for: the store is
  /// read in parts, none of which holds it for long, so the states of many are not of one moment.
  virtual Result<std::vector<EndpointState>> states(const std::vector<EndpointId>& ids) = 0;
  /// The same with EndpointState::dueSince, which costs up to twenty reads more for each endpoint that has messages.
  virtual Result<std::vector<EndpointState>> statesWithWaits(const std::vector<EndpointId>& ids) = 0;
};

}  // namespace lull::ports
