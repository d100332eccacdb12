#pragma once

#include <lull/brokers/broker_channel.hpp>
#include <lull/brokers/connecting.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/brokers.hpp>
#include <lull/ports/registry.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/deadline.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/supervisor.hpp>
#include <lull/runtime/wake_fd.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lull::brokers {

struct LinkParts {
  ChannelKind kind;
  std::string logCategory;
  std::shared_ptr<const Protocol> protocol;
  const ports::RegistryReader& registry;
  ports::Alerts& alerts;
  std::function<Instant()> hostTime;
};

/// One broker: a thread that keeps a connection to it as soon as an endpoint names it, publishes what it is given, and
/// ends each delivery by its deadline. While there is no connection, deliveries end at once and park their endpoints
/// until the next attempt to connect. add(), status(), stopStarting(), tellToStop() and stop() are thread-safe; the
/// rest is the thread's.
class Link {
 public:
  using SteadyClock = std::chrono::steady_clock;

  Link(LinkParts parts, Broker broker, const ChannelSettings& settings);

  const Broker& broker() const { return broker_; }
  const Protocol& protocol() const { return *parts_.protocol; }
  void start();
  /// Gives back what cannot be taken any more, because the link has stopped.
  [[nodiscard]] DeliveryPtr add(DeliveryPtr delivery);
  /// As it was a moment ago.
  ports::BrokerLink status() const;
  /// What was not published ends as Released, now and from now on.
  void stopStarting();
  /// Tells the thread to end, and does not wait for it.
  void tellToStop();
  /// Ends everything. Afterwards nothing is called back. A thread that has not ended by then is in the middle of a
  /// message of which the system takes nothing; its connection is cut.
  void stop(const runtime::Deadline& patience);

 private:
  void run();
  void turn();
  void wait();
  void admit(const DeliveryPtr& delivery);
  void keepConnected();
  void connected(std::unique_ptr<Session> session);
  void prove();
  void logThere() const;
  void notConnected(const Loss& loss);
  void serve();
  void noteBlocked();
  ports::BrokerState state() const;
  std::string trouble(ports::BrokerState state) const;
  void noteStatus();
  void alert(const std::string& sentence);
  void lookAtRegistry();
  void expire();
  void expire(const DeliveryPtr& delivery);
  void releaseUnpublished();
  void end(const DeliveryPtr& delivery, AttemptResult result);
  void parkAll(std::vector<DeliveryPtr> deliveries, const AttemptResult& result);
  Millis untilNextAttempt() const;
  AttemptResult blockedResult() const;
  std::chrono::milliseconds patience() const;
  void noteSocket(int socket);

  struct Inbox {
    std::vector<DeliveryPtr> deliveries;
    bool closed = false;
  };

  const LinkParts parts_;
  const Broker broker_;
  const ChannelSettings& settings_;
  const std::shared_ptr<runtime::WakeFd> wake_ = std::make_shared<runtime::WakeFd>();
  runtime::Guarded<Inbox> inbox_;
  runtime::Guarded<int> openSocket_{-1};  // a second descriptor of the session's, whose own
                                          // the library closes when it likes; for a stop that cannot wait
  mutable runtime::Guarded<ports::BrokerLink> status_;
  std::atomic<bool> starting_{true};
  std::atomic<bool> stopping_{false};

  // The thread's own.
  std::set<std::pair<SteadyClock::time_point, DeliveryPtr>> open_;  // all that have not ended, by their deadlines
  std::vector<DeliveryPtr> held_;                                   // wait for the attempt to connect that runs
  std::shared_ptr<Connecting<Opened>> connecting_;
  std::unique_ptr<Session> session_;
  Loss lastLoss_{"", FailureClass::Connect};
  SteadyClock::time_point nextAttempt_{};
  SteadyClock::time_point toldAt_{};  // when somebody was told last that the broker is away
  SteadyClock::time_point connectedAt_{};
  bool proven_ = false;  // the connection has carried a message, or has lasted
  std::uint64_t confirmed_ = 0;
  bool flaps_ = false;                 // the last connection was lost before that
  bool toldBlocked_ = false;           // on this connection, that it takes nothing
  std::set<std::string> toldStalled_;  // on this connection, of which queues, until they take a message
  runtime::LoopBackoff backoff_;
  ports::SnapshotPtr lookedAt_;      // the registry that the next two are of
  bool needed_ = false;              // an endpoint names this broker
  std::set<std::string> toDeclare_;  // queues
  ports::SnapshotPtr declaredFor_;   // the registry whose queues have been asked for on this connection
  runtime::Supervisor threads_;      // last: its thread uses everything above
};

}  // namespace lull::brokers
