#pragma once

#include <lull/brokers/delivery.hpp>
#include <lull/domain/attempt.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lull::brokers {

/// Why there is no connection (any more), as a sentence for the operator, and of which class that failure is.
struct Loss {
  std::string sentence;
  FailureClass failure = FailureClass::Connect;
};

struct ConnectionTimes {
  std::chrono::milliseconds timeout{5'000};  ///< of connection, handshake and login, each
  std::chrono::seconds heartbeat{5};         ///< a broker that is silent for twice as long is away
};

/// Ends a delivery with what came of it.
using Ending = std::function<void(const DeliveryPtr&, AttemptResult)>;

/// What happens on one connection to a broker, from the login to its loss. It is opened on a thread of its own, and
/// used by the thread of its link from then on. None of its calls waits for the broker.
class Session {
 public:
  using SteadyClock = std::chrono::steady_clock;
  Session() = default;
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Once, before anything is added: who is told how a delivery ended, and how many messages that somebody waits for
  /// may be published and not confirmed at once. Those that were given up take no place, because a queue that never
  /// confirms would stop all others.
  void begin(std::size_t window, Ending ending) {
    window_ = window;
    ending_ = std::move(ending);
  }

  /// Publishes it as soon as it can be.
  virtual void add(DeliveryPtr delivery) = 0;
  /// Makes the queue, if it is not there yet and the protocol has a way to.
  virtual void declare(const std::string& queue) = 0;
  /// Reads what the broker says, and publishes what may be published now.
  virtual void step() = 0;

  virtual int socket() const = 0;
  /// There is something to read that the socket does not tell of.
  virtual bool hasBuffered() const { return false; }
  /// There is something to send, as soon as the system has room; step() looks again.
  virtual bool awaitsRoom() const { return false; }
  /// There is something to send, as soon as the socket is writable.
  virtual bool awaitsWritable() const { return false; }
  /// Set once: nothing is sent any more.
  virtual const std::optional<Loss>& lost() const = 0;
  /// The broker takes no messages: why, in its words. Nothing is published meanwhile.
  virtual const std::optional<std::string>& blocked() const = 0;
  /// Whether the broker has said nothing for so long, although it had something to say.
  virtual bool silentFor(SteadyClock::duration time) const { return SteadyClock::now() - heardAt_ >= time; }
  /// Why the broker takes nothing for the queue of this message, which has not ended; nothing when it does, or when
  /// that cannot be told.
  virtual std::optional<std::string> stalled(const Delivery&) const { return std::nullopt; }
  /// Why this message, which was not published, waits for other messages by no fault of its own; nothing when it does
  /// not. Its deadline then charges nothing.
  virtual std::optional<std::string> heldBack(const Delivery&) const { return std::nullopt; }
  /// There is something to read.
  void heardNow() { heardAt_ = SteadyClock::now(); }

  /// Takes out what was not published yet.
  virtual std::vector<DeliveryPtr> takeWaiting() = 0;
  /// Takes out what was published and not confirmed.
  virtual std::vector<DeliveryPtr> takeUnconfirmed() = 0;
  /// Says goodbye, as far as the system takes it at once, so that the broker does not count it as a lost connection.
  virtual void close() = 0;

 protected:
  void end(const DeliveryPtr& delivery, AttemptResult result) const { ending_(delivery, std::move(result)); }
  std::size_t window() const { return window_; }

 private:
  Ending ending_;
  std::size_t window_ = 0;
  SteadyClock::time_point heardAt_ = SteadyClock::now();
};

using Opened = std::variant<std::unique_ptr<Session>, Loss>;

}  // namespace lull::brokers
