#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/message.hpp>
#include <lull/domain/result.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lull::ports {

/// One attempt: a message and the endpoint that it is for.
struct DeliveryRequest {
  std::shared_ptr<const Endpoint> endpoint;
  Message message;
  Millis timeout{0};  ///< total deadline of the attempt: resolve + connect + write + read
  bool test = false;  ///< a test send: carries `Lull-Test: true`
};

/// Delivers one message to one endpoint and says what came of it; the caller settles. Webhook POST is the first
/// channel. Thread-safe.
class Channel {
 public:
  using Callback = std::function<void(AttemptResult)>;
  virtual ~Channel() = default;
  /// Returns at once; `done` is called exactly once, on a thread of the channel, and must not block.
  virtual void deliver(DeliveryRequest request, Callback done) = 0;
  /// The body that would be sent, for the operator's view of a dead letter. `endpoint` may be null (it was deleted).
  /// nullopt while the settings lack the endpoint's format.
  virtual std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const = 0;
  /// Starts no request from now on: those that have not begun end as Released, those that run go on to their deadline.
  /// Never blocks.
  virtual void stopStarting() = 0;
  /// Ends everything at once. Every request that the channel holds is answered before this returns: Released when it
  /// had not begun, else as cut off (AttemptResult::cutOff). Afterwards no callback runs or will come, so what they
  /// refer to may be destroyed, and deliver() answers Released on the caller's thread. It takes well under a second.
  /// Called by one thread, from no callback; safe to call again.
  virtual void stop() = 0;
};

/// Judges destinations before they are stored. Thread-safe.
class Destinations {
 public:
  virtual ~Destinations() = default;
  /// Resolves the name (bounded by a deadline) and judges port and addresses. The error's fields point at "/url" and
  /// name the setting to change. A name that does not resolve now is accepted: it is retried at delivery.
  virtual Status judge(const std::string& url) = 0;
};

}  // namespace lull::ports
