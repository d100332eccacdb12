#include "peer_connection.hpp"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <proton/codec/map.hpp>
#include <proton/condition.h>
#include <proton/connection.hpp>
#include <proton/connection_options.hpp>
#include <proton/delivery.h>
#include <proton/disposition.h>
#include <proton/error_condition.hpp>
#include <proton/link.h>
#include <proton/message_id.hpp>
#include <proton/receiver_options.hpp>
#include <proton/scalar.hpp>
#include <proton/session.hpp>
#include <proton/symbol.hpp>
#include <proton/target.hpp>
#include <proton/timestamp.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

namespace lull::testing {

namespace {

using std::string_literals::operator""s;

/// AMQP 1.0 part 5.3: the header of the security layer, the mechanisms (PLAIN), and the two outcomes.
const std::string kSaslHeader = "AMQP\3\1\0\0"s;
const std::string kMechanisms = "\0\0\0\x15\2\1\0\0\0\x53\x40\xc0\x08\1\xa3\5PLAIN"s;
const std::string kWelcome = "\0\0\0\x10\2\1\0\0\0\x53\x44\xc0\3\1\x50\0"s;
const std::string kNotWelcome = "\0\0\0\x10\2\1\0\0\0\x53\x44\xc0\3\1\x50\1"s;
const std::string kLogin = "\0lull\0hare-and-hounds"s;

struct DeliveryOf : proton::delivery {
  static pn_delivery_t* object(const proton::delivery& of) { return (of.*(&DeliveryOf::pn_object))(); }
};
struct ReceiverOf : proton::receiver {
  static pn_link_t* object(const proton::receiver& of) { return (of.*(&ReceiverOf::pn_object))(); }
};

std::string kindOf(const std::string& queue) {
  return queue.substr(0, queue.find('.'));
}

std::optional<std::string> restOf(const std::string& queue) {
  const auto dot = queue.find('.');
  return dot == std::string::npos ? std::nullopt : std::optional(queue.substr(dot + 1));
}

void reject(proton::delivery& delivery, const std::string& name, const char* why) {
  auto* object = DeliveryOf::object(delivery);
  if (!name.empty()) {
    auto* condition = pn_disposition_condition(pn_delivery_local(object));
    pn_condition_set_name(condition, name.c_str());
    pn_condition_set_description(condition, why);
  }
  pn_delivery_update(object, PN_REJECTED);
  pn_delivery_settle(object);
}

}  // namespace

PeerConnection::PeerConnection(AmqpPeer& peer, int socket)
    : peer_(peer), socket_(socket), tls_(peer.tls_ ? SSL_new(peer.tls_.get()) : nullptr, &SSL_free) {
  if (tls_) letIn();
  driver_.accept(proton::connection_options().handler(*this).sasl_enabled(false).container_id("peer"));
}

PeerConnection::~PeerConnection() {
  ::close(socket_);
}

void PeerConnection::letIn() {
  over_ = SSL_set_fd(tls_.get(), socket_) != 1 || SSL_accept(tls_.get()) != 1;
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
}

// The tests that have TLS send so little that the system always has room for it.
void PeerConnection::write(const std::string& bytes) {
  if (tls_) {
    over_ = over_ || SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0;
    return;
  }
  if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) over_ = true;
}

bool PeerConnection::read() {
  std::array<char, 16'384> chunk;
  if (tls_) {
    const int size = SSL_read(tls_.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (size > 0) came_.append(chunk.data(), static_cast<std::size_t>(size));
    over_ = over_ || (size <= 0 && SSL_get_error(tls_.get(), size) != SSL_ERROR_WANT_READ);
    return size > 0;
  }
  const auto got = ::recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (got == 0) over_ = true;
  if (got <= 0) return false;
  came_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

/// The security layer, by hand: Proton's own asks the system's user database.
void PeerConnection::login() {
  if (stage_ == Stage::Header && came_.size() >= kSaslHeader.size()) {
    came_.erase(0, kSaslHeader.size());
    write(kSaslHeader + kMechanisms);
    stage_ = Stage::Login;
  }
  if (stage_ != Stage::Login || came_.size() < 4) return;
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(came_[3])) +
                    256 * static_cast<std::size_t>(static_cast<unsigned char>(came_[2]));
  if (came_.size() < size) return;
  const bool welcome = came_.substr(0, size).find(kLogin) != std::string::npos;
  came_.erase(0, size);
  write(welcome ? kWelcome : kNotWelcome);
  stage_ = Stage::Open;
  if (!welcome) over_ = true;
}

bool PeerConnection::turn() {
  bool moved = true;
  while (moved && !over_) {
    moved = read();
    if (stage_ != Stage::Open) login();
    if (stage_ != Stage::Open) continue;
    while (!came_.empty()) {
      const auto room = driver_.read_buffer();
      if (room.size == 0) break;
      const auto taken = came_.copy(room.data, room.size);
      driver_.read_done(taken);
      came_.erase(0, taken);
      driver_.dispatch();
    }
    if (peer_.wet_) {
      for (auto& link : dry_) link.add_credit(10);
      dry_.clear();
    }
    if (peer_.settles_) {
      for (auto& one : held_) one.accept();
      held_.clear();
    }
    driver_.tick(proton::timestamp::now());
    if (!driver_.dispatch()) over_ = true;
    for (auto bytes = driver_.write_buffer(); bytes.size > 0 && !over_; bytes = driver_.write_buffer()) {
      write(std::string(bytes.data, bytes.size));
      driver_.write_done(bytes.size);
    }
  }
  return !over_;
}

void PeerConnection::on_connection_open(proton::connection& connection) {
  std::map<proton::symbol, proton::value> introduction;
  {
    const std::lock_guard guard(peer_.mutex_);
    for (const auto& [name, text] : peer_.introduction_) introduction[name] = text;
  }
  connection.open(proton::connection_options().properties(introduction));
}

void PeerConnection::on_receiver_open(proton::receiver& link) {
  const auto queue = link.target().address();
  {
    const std::lock_guard guard(peer_.mutex_);
    ++peer_.links_[queue];
    auto& capabilities = peer_.attached_[queue];
    for (const auto& one : link.target().capabilities()) capabilities.emplace_back(one);
  }
  const auto kind = kindOf(queue);
  if (kind == "small") pn_link_set_max_message_size(ReceiverOf::object(link), 1'000);
  const bool gives = kind != "dry" && kind != "missing";
  link.open(proton::receiver_options().auto_accept(false).credit_window(gives ? 100 : 0));
  if (kind == "missing") link.close(proton::error_condition("amqp:not-found", "no queue " + queue));
  if (kind == "dry") dry_.push_back(link);
}

void PeerConnection::on_receiver_close(proton::receiver& link) {
  const std::lock_guard guard(peer_.mutex_);
  ++peer_.closedLinks_[link.target().address()];
}

void PeerConnection::on_message(proton::delivery& delivery, proton::message& message) {
  auto link = delivery.receiver();
  const auto queue = link.target().address();
  AmqpPeer::Read read;
  read.queue = queue;
  read.id = proton::coerce<std::string>(message.id());
  read.contentType = message.content_type();
  const auto body = proton::get<proton::binary>(message.body());
  read.body.assign(body.begin(), body.end());
  read.inferred = message.inferred();
  read.durable = message.durable();
  read.creationTime = message.creation_time().milliseconds();
  std::map<std::string, proton::scalar> properties;
  proton::get(message.properties().value(), properties);
  for (const auto& [name, value] : properties) read.properties.emplace(name, proton::coerce<std::string>(value));
  {
    const std::lock_guard guard(peer_.mutex_);
    peer_.reads_.push_back(std::move(read));
  }
  const auto kind = kindOf(queue);
  const bool first = peer_.links(queue) == 1;
  if (kind == "sheds" && first && peer_.of(queue).size() == 3) return link.close();
  if (kind == "keeps" || (kind == "sheds" && first)) return;
  if (kind == "holds") return held_.push_back(delivery);
  if (kind == "chokes" && proton::coerce<std::string>(message.id()) == "msg_bad") return link.connection().close();
  if (kind == "drops") return link.close(proton::error_condition("amqp:link:detach-forced", "idle"));
  if (kind == "rejects") return reject(delivery, restOf(queue).value_or("amqp:not-allowed"), "not here");
  if (kind == "leaves") return link.session().close();
  if (kind == "full") return reject(delivery, "amqp:resource-limit-exceeded", "the queue is full");
  if (kind == "releases") return delivery.release();
  if (kind == "modifies") return delivery.modify();
  if (kind == "closes") return link.close(proton::error_condition("amqp:internal-error", "out of order"));
  delivery.accept();
  if (kind == "detaches") link.close(proton::error_condition("amqp:link:detach-forced", "idle"));
}

}  // namespace lull::testing
