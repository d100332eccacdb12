#pragma once

#include "outcomes.hpp"

#include <lull/amqp/amqp_protocol.hpp>
#include <lull/brokers/session.hpp>
#include <lull/brokers/wire.hpp>

#include <proton/io/connection_driver.hpp>
#include <proton/messaging_handler.hpp>
#include <proton/sender.hpp>
#include <proton/tracker.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

struct pn_delivery_t;
struct pn_link_t;

/// Proton as a protocol engine: it is given the bytes that a wire brings and gives those that are to be sent. It has no
/// thread, no socket and no timer of its own, so its objects are the link's thread's only.
namespace lull::amqp {

/// What the broker says.
class EngineEvents {
 public:
  virtual ~EngineEvents() = default;
  /// The broker takes links now.
  virtual void opened() = 0;
  /// A message has ended: by its state, and why if that is `rejected`.
  virtual void settled(const pn_delivery_t* message, enum proton::transfer::state state, const Condition& why) = 0;
  /// The link is gone; `why` is empty when nothing was wrong with it.
  virtual void linkClosed(const proton::sender& link, const Condition& why) = 0;
};

class Engine final : private proton::messaging_handler {
 public:
  using SteadyClock = std::chrono::steady_clock;
  struct Login {
    std::string containerId;
    std::string virtualHost;
    std::string user;
    std::string password;
    std::chrono::milliseconds idleTimeout{};  ///< a broker that is silent for so long is away
  };

  Engine(std::string broker, std::unique_ptr<brokers::Wire> wire, Now now);
  ~Engine() override;

  void begin(const Login& login);
  /// Who is told; nobody at first.
  void tell(EngineEvents* events) { events_ = events; }
  bool isOpen() const { return open_; }
  /// Reads what came, tells of it, and sends what there is to send. Whether anything came, so that there may be more to
  /// do now.
  bool turn();
  /// Something of ours waits for room in the system's buffers.
  bool awaitsWritable() const { return awaitsWritable_; }
  /// A link into the queue.
  proton::sender attach(const std::string& queue);
  /// Closes the link and lets the library forget it. What it has not settled is told of no more.
  static void leave(proton::sender& link);
  SteadyClock::time_point now() const { return now_(); }
  void close();

  brokers::Wire& wire() { return *wire_; }
  const brokers::Wire& wire() const { return *wire_; }

 private:
  void on_connection_open(proton::connection&) override;
  void on_connection_close(proton::connection&) override;
  void on_connection_error(proton::connection&) override;
  void on_session_error(proton::session&) override;
  void on_session_close(proton::session&) override;
  void on_sender_close(proton::sender&) override;
  void on_sender_detach(proton::sender&) override;
  void on_sender_error(proton::sender&) override {}  // on_sender_close follows
  void on_tracker_accept(proton::tracker&) override;
  void on_tracker_reject(proton::tracker&) override;
  void on_tracker_release(proton::tracker&) override;
  void on_tracker_settle(proton::tracker&) override;
  void on_transport_error(proton::transport&) override;
  void on_error(const proton::error_condition&) override {}

  bool readSome();
  bool writeSome();
  void tell(const proton::tracker& message);
  void lose(const std::string& how, const Condition& why, FailureClass failure);

  const std::string broker_;
  const std::unique_ptr<brokers::Wire> wire_;
  const Now now_;
  EngineEvents* events_ = nullptr;
  bool open_ = false;
  bool awaitsWritable_ = false;
  proton::io::connection_driver driver_;  // after what its last callbacks touch
};

/// What names a message until it is settled.
const pn_delivery_t* keyOf(const proton::tracker& message);
const pn_link_t* keyOf(const proton::sender& link);
/// Whether the broker has attached its end.
bool isAnswered(const proton::sender& link);
/// In bytes; 0: the broker sets no limit.
std::uint64_t mostBytes(const proton::sender& link);

}  // namespace lull::amqp
