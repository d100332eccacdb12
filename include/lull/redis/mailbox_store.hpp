#pragma once

#include <lull/ports/mailboxes.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/shard.hpp>
#include <lull/runtime/guarded.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lull::redis {

/// What bounds mailboxes.
struct MailboxLimits {
  std::size_t endpoints = kMostEndpoints;           ///< Limits:Endpoints; mailboxes are endpoints
  Millis idleExpiry = std::chrono::hours(24 * 10);  ///< Mailboxes:IdleExpiry; 0: none is ever removed
  std::uint32_t receives = 0;                       ///< Mailboxes:MaxReceives; 0: a message is never given up
  std::uint64_t letters = 100'000;                  ///< DeadLetters:MaxPerEndpoint
};

/// The mailboxes in Redis (scripts mailbox_*.lua). Thread-safe.
class MailboxStore final : public ports::Mailboxes,
                           public ports::MailboxLooks,
                           public ports::MailboxUpkeep,
                           public ports::MailboxNews {
 public:
  MailboxStore(Shard& shard, MailboxLimits limits) : shard_(shard), limits_(limits) {}

  Result<ports::MailboxView> enrol(const std::string& name, const std::string& owner) override;
  Result<ports::MailboxView> view(const EndpointId& id, const ports::MailboxOwner& owner) override;
  Status remove(const EndpointId& id, const ports::MailboxOwner& owner) override;
  Status subscribe(const EndpointId& id, const ports::MailboxOwner& owner,
                   const ports::Subscription& subscription) override;
  Status unsubscribe(const EndpointId& id, const ports::MailboxOwner& owner,
                     const ports::Subscription& subscription) override;
  Result<ports::Glance> peek(const EndpointId& id, const ports::MailboxOwner& owner) override;
  Result<ports::LockedMessage> lock(const EndpointId& id, const ports::MailboxOwner& owner,
                                    const std::string& messageId, Millis duration) override;
  Status confirm(const EndpointId& id, const ports::MailboxOwner& owner, const std::string& messageId,
                 const std::string& lockId) override;

  std::vector<Result<ports::Glance>> look(const std::vector<EndpointId>& ids) override;

  Result<std::optional<Instant>> endLocks(Instant now) override;
  Result<std::vector<ports::ForgottenMailbox>> forgetIdle(Instant now) override;

  Result<Since> since(std::uint64_t mark) override;

 private:
  struct EndedLocks {
    bool more = false;  ///< more of them have run out
    std::optional<Instant> next;
  };
  struct LastWords {
    std::string name;
    std::string packed;  ///< packEpitaph(); empty: the registration cannot be read
  };
  std::string callStep() const;
  std::vector<std::string> callArguments(const EndpointId& id, const ports::MailboxOwner& owner) const;
  LastWords epitaphOf(const EndpointId& id);
  std::vector<Result<ports::Glance>> lookAt(const std::vector<EndpointId>& ids, const ports::MailboxOwner& owner);
  void lookAtPart(const std::vector<EndpointId>& ids, std::span<const std::size_t> places,
                  const ports::MailboxOwner& owner, std::vector<Result<ports::Glance>>& glances,
                  std::vector<std::size_t>& again);
  Result<ports::LockedMessage> lockedIn(const Reply& reply, const EndpointId& id, const std::string& key,
                                        Instant until);
  Result<std::uint64_t> tokenOf(const std::string& lockId, const EndpointId& id, const std::string& key);
  Result<EndedLocks> endLocksOf(const std::vector<EndpointId>& ids, Instant now);

  Shard& shard_;
  const MailboxLimits limits_;
  runtime::Guarded<std::string> secret_;  // of the lock ids, as last read from Redis; empty: not yet
};

}  // namespace lull::redis
