#include "proton_engine.hpp"

#include "known_brokers.hpp"

#include <proton/condition.h>
#include <proton/connection.h>
#include <proton/connection.hpp>
#include <proton/connection_options.hpp>
#include <proton/delivery.h>
#include <proton/disposition.h>
#include <proton/duration.hpp>
#include <proton/error_condition.hpp>
#include <proton/link.h>
#include <proton/logger.h>
#include <proton/scalar.hpp>
#include <proton/sender_options.hpp>
#include <proton/session.hpp>
#include <proton/symbol.hpp>
#include <proton/target_options.hpp>
#include <proton/timestamp.hpp>
#include <proton/transport.h>
#include <proton/transport.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace lull::amqp {

namespace {

/// Proton's C++ objects keep what they stand for to themselves, and have no way to the reason of a rejection, nor to
/// the largest message that a link takes, nor to whether the broker has answered it.
struct TrackerOf : proton::tracker {
  explicit TrackerOf(const proton::tracker& of) : proton::tracker(of) {}
  pn_delivery_t* object() const { return pn_object(); }
};
struct SenderOf : proton::sender {
  explicit SenderOf(const proton::sender& of) : proton::sender(of) {}
  pn_link_t* object() const { return pn_object(); }
};
struct TransportOf : proton::transport {
  explicit TransportOf(const proton::transport& of) : proton::transport(of) {}
  pn_transport_t* object() const { return pn_object(); }
};

/// Variables of the environment (PN_TRACE_FRM, PN_LOG …) make the library write what it sends, the login too.
void writeNothing(const proton::transport& transport) {
  pn_logger_reset_mask(pn_transport_logger(TransportOf(transport).object()), PN_SUBSYSTEM_ALL, PN_LEVEL_ALL);
}

std::string textOf(const std::map<proton::symbol, proton::value>& properties, const char* name) {
  const auto found = properties.find(name);
  return found == properties.end() || found->second.type() != proton::STRING ? std::string()
                                                                             : proton::get<std::string>(found->second);
}

Condition conditionOf(const proton::error_condition& given) {
  return {given.name(), given.description()};
}

Condition reasonOf(const proton::tracker& message) {
  auto* condition = pn_disposition_condition(pn_delivery_remote(TrackerOf(message).object()));
  if (condition == nullptr || !pn_condition_is_set(condition)) return {};
  const auto text = [](const char* given) { return std::string(given == nullptr ? "" : given); };
  return {text(pn_condition_get_name(condition)), text(pn_condition_get_description(condition))};
}

}  // namespace

const pn_delivery_t* keyOf(const proton::tracker& message) {
  return TrackerOf(message).object();
}

const pn_link_t* keyOf(const proton::sender& link) {
  return SenderOf(link).object();
}

bool isAnswered(const proton::sender& link) {
  return (pn_link_state(SenderOf(link).object()) & PN_REMOTE_UNINIT) == 0;
}

std::uint64_t mostBytes(const proton::sender& link) {
  return pn_link_remote_max_message_size(SenderOf(link).object());
}

Engine::Engine(std::string broker, std::unique_ptr<brokers::Wire> wire, Now now)
    : broker_(std::move(broker)), wire_(std::move(wire)), now_(std::move(now)) {}

Engine::~Engine() = default;

void Engine::begin(const Login& login) {
  writeNothing(driver_.transport());
  proton::connection_options options;
  options.handler(*this)
      .container_id(login.containerId)
      .virtual_host(login.virtualHost)
      .user(login.user)
      .password(login.password)
      .idle_timeout(proton::duration(static_cast<proton::duration::numeric_type>(login.idleTimeout.count())))
      .sasl_allowed_mechs("PLAIN")
      // TLS is the wire's, which the engine does not see; without it the operator was warned.
      .sasl_allow_insecure_mechs(true);
  driver_.connect(options);
}

bool Engine::readSome() {
  const auto room = driver_.read_buffer();
  const auto got = wire_->read(room.data, room.size);
  if (got > 0) driver_.read_done(got);
  return got > 0;
}

bool Engine::writeSome() {
  const auto bytes = driver_.write_buffer();
  const auto sent = wire_->write({bytes.data, bytes.size});
  if (sent > 0) driver_.write_done(sent);
  awaitsWritable_ = sent < bytes.size && !wire_->takesNothing();
  return sent > 0;
}

bool Engine::turn() {
  // The library takes zero for no time at all. A wall clock that is set would end the connection, or keep a dead one.
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(now_().time_since_epoch()).count() + 1;
  driver_.tick(proton::timestamp(now));
  bool came = false;
  bool moved = true;
  while (moved && !wire_->lost()) {
    moved = readSome();
    came = came || moved;
    driver_.dispatch();
    moved = writeSome() || moved;
  }
  return came;
}

proton::sender Engine::attach(const std::string& queue) {
  proton::sender_options options;
  // Without this capability Artemis takes an address that it does not know for a topic, which keeps nothing.
  options.target(proton::target_options().capabilities(std::vector<proton::symbol>{"queue"}));
  return driver_.connection().open_sender(queue, options);
}

void Engine::leave(proton::sender& link) {
  auto* object = SenderOf(link).object();
  // What is told of a link afterwards is told of one that is closed.
  if ((pn_link_state(object) & PN_LOCAL_CLOSED) != 0) return;
  pn_link_close(object);
  pn_link_free(object);  // only from the connection's list: the object is there as long as somebody holds it
}

void Engine::close() {
  if (wire_->lost()) return;
  driver_.connection().close();
  driver_.dispatch();
  writeSome();
}

void Engine::lose(const std::string& how, const Condition& why, FailureClass failure) {
  wire_->lose({"The broker " + broker_ + " is away: " + how + " (" + quoted(why) + ").", failure});
}

void Engine::on_connection_open(proton::connection& connection) {
  const auto properties = connection.properties();
  if (const auto why = unfit(textOf(properties, "product"), textOf(properties, "version"))) {
    return wire_->lose({"The broker " + broker_ + " " + *why + ".", FailureClass::Protocol});
  }
  open_ = true;
  if (events_ != nullptr) events_->opened();
}

void Engine::on_connection_error(proton::connection& connection) {
  lose("it closed the connection", conditionOf(connection.error()), FailureClass::Reset);
}

void Engine::on_connection_close(proton::connection&) {
  lose("it closed the connection", {}, FailureClass::Reset);
}

void Engine::on_session_error(proton::session& session) {
  lose("it closed the session", conditionOf(session.error()), FailureClass::Reset);
}

void Engine::on_session_close(proton::session&) {
  lose("it closed the session", {}, FailureClass::Reset);
}

void Engine::on_transport_error(proton::transport& transport) {
  const auto why = conditionOf(transport.error());
  if (!open_ && why.name == "amqp:unauthorized-access") return lose("it refused the login", why, FailureClass::Connect);
  lose("the connection ended", why, FailureClass::Protocol);
}

void Engine::on_sender_close(proton::sender& link) {
  const auto why = conditionOf(link.error());
  if (events_ != nullptr) events_->linkClosed(link, why);
  leave(link);
}

void Engine::on_sender_detach(proton::sender& link) {
  on_sender_close(link);
}

void Engine::tell(const proton::tracker& message) {
  if (events_ != nullptr) events_->settled(keyOf(message), message.state(), reasonOf(message));
}

void Engine::on_tracker_accept(proton::tracker& message) {
  tell(message);
}

void Engine::on_tracker_reject(proton::tracker& message) {
  tell(message);
}

void Engine::on_tracker_release(proton::tracker& message) {
  tell(message);
}

void Engine::on_tracker_settle(proton::tracker& message) {
  tell(message);
}

}  // namespace lull::amqp
