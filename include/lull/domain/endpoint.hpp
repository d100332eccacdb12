#pragma once

#include <lull/domain/filter.hpp>
#include <lull/domain/signing_secrets.hpp>
#include <lull/domain/telling.hpp>
#include <lull/domain/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lull {

/// "ep_" + 20 characters of [0-9a-z]: 9 of the time, 11 at random. Never reused.
using EndpointId = std::string;
using EndpointIds = std::set<EndpointId>;

enum class IdField { BaseId, Specific };

/// Where a webhook is sent, and what only a webhook needs.
struct Webhook {
  std::string url;
  std::vector<std::pair<std::string, std::string>>
      headers{};  ///< names unique without regard to case, in the order given
  SigningSecrets secrets{};
};

/// The client comes for the messages itself, under leases that are called locks; nothing is sent. What it takes are its
/// subscriptions (ports::Subscription), which the delivery state keeps. It is told of every event (Delivery::Every),
/// and each message is a lane of its own (Order::None).
struct Mailbox {
  bool operator==(const Mailbox&) const = default;
};

/// Where a RabbitMQ broker puts the messages: into a queue, or into what an exchange routes them to.
struct RabbitTarget {
  std::string broker;        ///< a name of Brokers:{i}
  std::string exchange{};    ///< empty: the broker's (`ex:` of its Url); of no meaning with `queue`
  std::string routingKey{};  ///< may hold placeholders of formats; of no meaning with `queue`
  std::string queue{};       ///< reached through the default exchange; empty: routed by exchange and key
  bool declare = false;      ///< Lull declares the queue, durable, whenever it connects
  bool operator==(const RabbitTarget&) const = default;
};

/// The queue into which a broker puts the messages that come over AMQP 1.0 or STOMP, such as ActiveMQ.
struct AmqpTarget {
  std::string broker;  ///< a name of Brokers:{i}
  std::string queue{};
  bool declare =
      false;  ///< the broker is asked for the queue whenever Lull connects, and not by the first message only
  bool operator==(const AmqpTarget&) const = default;
};

/// What carries the messages of an endpoint: each kind has a part of its own in Registration::target, in this order.
enum class ChannelKind : std::uint8_t { Webhook, Mailbox, RabbitMq, Amqp };
using ChannelTarget = std::variant<Webhook, Mailbox, RabbitTarget, AmqpTarget>;
inline constexpr std::size_t kChannelKinds = std::variant_size_v<ChannelTarget>;

/// What a client registered. Ownership: a value; the registry hands out shared immutable copies.
struct Registration {
  std::string name;
  ChannelTarget target;
  std::uint32_t changeTypes = 0;
  bool enabled = true;
  std::optional<Millis> timeout;                ///< absent: Delivery:Timeout
  std::optional<std::uint32_t> maxConcurrency;  ///< absent: Delivery:MaxConcurrencyPerEndpoint
  std::optional<std::uint32_t> rateLimit{};     ///< most attempts that begin in a second, over all processes
  std::optional<IdField> idField;               ///< another name of one of two formats; absent: Notifications:IdField
  std::optional<std::string> format{};          ///< the body's; never together with `idField`
  Telling telling{};
  Filter filter{};  ///< which events of its change types; listing nothing: all

  ChannelKind channel() const { return static_cast<ChannelKind>(target.index()); }
  bool isMailbox() const { return channel() == ChannelKind::Mailbox; }
  bool isWebhook() const { return channel() == ChannelKind::Webhook; }
  /// nullptr when it is of another kind.
  const RabbitTarget* rabbit() const { return std::get_if<RabbitTarget>(&target); }
  const AmqpTarget* amqp() const { return std::get_if<AmqpTarget>(&target); }
  /// Of a webhook's registration only.
  const Webhook& webhook() const { return std::get<Webhook>(target); }
  Webhook& webhook() { return std::get<Webhook>(target); }
};

/// A registered endpoint. `version` grows with each change of the registration; `enabled` is authoritative in
/// EndpointState::pausedReason (delivery may pause an endpoint by itself) and copied here when it is read.
struct Endpoint {
  EndpointId id;
  Registration registration;
  Instant createdAt;
  Instant updatedAt;
  std::uint64_t version = 0;
  /// Who registered it (auth::Principal::scope); no change of the registration changes it. Empty: nobody can tell.
  std::string owner{};
  /// Why the store could not open its secrets or header values, a sentence for the operator; the values are missing
  /// then and nothing may be sent. Empty: all is well.
  std::string unreadable{};
  /// Its whole registration cannot be read: only `id` and `changeTypes` are known, and `unreadable` says so.
  bool damaged = false;
};

enum class PausedReason {
  None,
  Operator,
  Gone,             ///< the receiver answered that it is gone for good
  Egress,           ///< the egress rules refuse its address
  DeadLettersFull,  ///< it has as many dead letters as it may have
  QueueFull,        ///< it has as many messages, or bytes of them, as it may have
  Blocked,          ///< a message failed for good, and the endpoint stops at a failure
};
enum class Health { Healthy, Failing, Open, Paused };

/// The events that an endpoint with `delivery: every` did not get, because it had as many queued as it may have.
struct Missed {
  std::uint64_t count = 0;
  std::uint64_t firstSequence = 0;
  std::uint64_t lastSequence = 0;
};

/// What delivery knows about an endpoint, equal on every replica (kept in Redis).
struct EndpointState {
  PausedReason pausedReason = PausedReason::None;
  bool breakerOpen = false;
  std::uint32_t consecutiveFailures = 0;
  std::uint64_t queueDepth = 0;  ///< waiting + leased + successors
  std::uint64_t inFlight = 0;    ///< leased; of a mailbox: locked
  std::uint64_t deadLetters = 0;
  std::optional<Instant> lastSuccessAt;
  std::string lastError;                     ///< empty: none
  std::optional<Missed> missed;              ///< since it was full last; absent: nothing ever
  std::optional<Instant> nextAttemptAt;      ///< absent: nothing waits, or it is paused, or it is a mailbox
  std::optional<Millis> oldestMessageAge{};  ///< of a mailbox with messages: since the oldest one's event was accepted
  /// Since when the longest due message waits, of those that are next in line or leased; absent: nothing is due, it is
  /// paused, it is a mailbox, or this was not asked for (EndpointStore::statesWithWaits).
  std::optional<Instant> dueSince{};

  Health health() const {
    if (pausedReason != PausedReason::None) return Health::Paused;
    if (breakerOpen) return Health::Open;
    return consecutiveFailures > 0 ? Health::Failing : Health::Healthy;
  }
};

/// "operator", "gone", "egress", "dead-letters-full", "queue-full", "blocked"; None is "".
std::string_view toString(PausedReason reason);
std::optional<PausedReason> parsePausedReason(std::string_view text);
std::string_view toString(ChannelKind kind);  ///< "webhook", "mailbox", "rabbitmq", "amqp"
std::optional<ChannelKind> parseChannelKind(std::string_view text);
std::string_view toString(Health health);  ///< "healthy", "failing", "open", "paused"
std::string_view toString(IdField field);  ///< "BaseId", "Specific"
std::optional<IdField> parseIdField(std::string_view text);

}  // namespace lull
