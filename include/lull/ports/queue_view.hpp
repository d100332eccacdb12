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

enum class QueueItemState { Waiting, Retrying, InFlight };

struct QueueItem {
  Message message;
  QueueItemState state = QueueItemState::Waiting;
  std::optional<int> lastCode;           ///< what the receiver last answered, if it did (AttemptResult::code)
  std::string lastError;                 ///< a sentence; empty before the first failure
  std::optional<Instant> nextAttemptAt;  ///< absent while in flight or paused
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
  /// Everything that matches becomes due now, in the order in which it waited. An empty filter clears breaker and park
  /// as well; any other leaves them. In-flight messages stay as they are.
  virtual Result<std::uint64_t> retry(const EndpointId& id, const QueueFilter& filter) = 0;
  /// Cancels what matches and was there when the call began, leased messages included. Filters by id and status are
  /// about one message: what follows it under its key stays; the others are about keys, and take that along.
  virtual Result<std::uint64_t> purge(const EndpointId& id, const QueueFilter& filter) = 0;
  /// The last 200, newest first.
  virtual Result<std::vector<AttemptRecord>> attempts(const EndpointId& id, const AttemptFilter& filter) = 0;
};

}  // namespace lull::ports
