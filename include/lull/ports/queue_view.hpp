#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/message.hpp>
#include <lull/domain/page.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

enum class QueueItemState {
  Waiting,
  Retrying,
  InFlight,
  Behind,    ///< in a lane, behind its head
  SetAside,  ///< by its receiver: out of its lane, until it is due
};

struct QueueItem {
  Message message;
  QueueItemState state = QueueItemState::Waiting;
  std::optional<int> lastCode;                 ///< what the receiver last answered, if it did (AttemptResult::code)
  std::string lastError;                       ///< a sentence; empty before the first failure
  std::optional<Instant> nextAttemptAt;        ///< absent while in flight, behind a head, or paused
  std::optional<Instant> lockedUntil{};        ///< of a mailbox: when the lock that its client holds runs out
  std::optional<ReceiverResult> lastResult{};  ///< what the receiver last said of the message (AttemptResult::answer)
};

struct QueueFilter {
  std::optional<std::uint32_t> changeType;
  std::optional<std::string> itemId;
  std::optional<int> code;       ///< QueueItem::lastCode
  std::vector<std::string> ids;  ///< webhook-ids; empty: any
  bool empty() const { return !changeType && !itemId && !code && ids.empty(); }
};

struct AttemptFilter {
  std::optional<std::string> outcome;  ///< one of kOutcomeWords
  std::optional<std::string> itemId;
};

/// The operator's view of one endpoint's queue and attempts. Thread-safe. NotFound for an unknown endpoint.
class QueueView {
 public:
  virtual ~QueueView() = default;
  virtual Result<Page<QueueItem>> list(const EndpointId& id, const QueueFilter& filter, const PageRequest& page) = 0;
  /// Makes every matching message due now, in the order in which they waited, those that were set aside first; returns
  /// how many. An empty filter clears breaker and park as well; any other filter leaves them. In-flight messages and
  /// those behind a head stay as they are. An endpoint that is paused as `blocked` is resumed by an empty filter, or
  /// when the message that blocks it is among them. Conflict when an endpoint with one lane was paused by an operator.
  virtual Result<std::uint64_t> retry(const EndpointId& id, const QueueFilter& filter) = 0;
  /// Cancels the matching messages that were there when the call began, leased ones included. A filter by id or status
  /// is about one message, so the successor under the same key stays; other filters are about keys, so the successor is
  /// cancelled with the message. In lanes each message has a key of its own.
  virtual Result<std::uint64_t> purge(const EndpointId& id, const QueueFilter& filter) = 0;
  /// The last 200, newest first.
  virtual Result<std::vector<AttemptRecord>> attempts(const EndpointId& id, const AttemptFilter& filter) = 0;
};

}  // namespace lull::ports
