#include "connection.hpp"

#include <lull/text/printable.hpp>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

/// How a connection comes to be: name, socket, TLS, login.
namespace lull::rabbit {

namespace {

timeval timevalOf(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.count(), std::chrono::microseconds(time - seconds).count()};
}

/// What went wrong with a file of the settings.
Loss unusable(const Broker& broker, const char* file) {
  return {"The broker " + broker.name + " cannot be connected to: its " + file + " cannot be used.", FailureClass::Tls};
}

/// Makes the socket of a TLS connection: at least TLS 1.2, certificate and name verified.
std::variant<amqp_socket_t*, Loss> tlsSocket(amqp_connection_state_t state, const Broker& broker) {
  auto* socket = amqp_ssl_socket_new(state);
  if (socket == nullptr) return unusable(broker, "TLS library");
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 1);
  amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
  if (broker.caFile.empty()) {
    SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket)));
  } else if (amqp_ssl_socket_set_cacert(socket, broker.caFile.c_str()) != AMQP_STATUS_OK) {
    return unusable(broker, "CaFile");
  }
  const auto& own = broker.clientCertificate;
  if (!own.empty() && amqp_ssl_socket_set_key(socket, own.c_str(), own.c_str()) != AMQP_STATUS_OK)
    return unusable(broker, "ClientCertificate");
  return socket;
}

Loss notReached(const Broker& broker, int status) {
  const auto away = "The broker " + broker.name + " is away: ";
  switch (status) {
    case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED:
      return {away + "its name does not resolve.", FailureClass::Name};
    case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
      return {away + "its certificate is for another name.", FailureClass::Tls};
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
    case AMQP_STATUS_SSL_CONNECTION_FAILED:
    case AMQP_STATUS_SSL_ERROR:
      return {away + "the TLS handshake failed, or its certificate is not trusted.", FailureClass::Tls};
    case AMQP_STATUS_TIMEOUT:
      return {away + "no connection within the time-out.", FailureClass::Timeout};
    default:
      return {away + "no connection (" + amqp_error_string2(status) + ").", FailureClass::Connect};
  }
}

/// Why the broker does not let us in. What it says names the user at most.
Loss notLetIn(const Broker& broker, const amqp_rpc_reply_t& reply) {
  const auto away = "The broker " + broker.name + " is away: ";
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto& close = *static_cast<const amqp_connection_close_t*>(reply.reply.decoded);
    const std::string_view said(static_cast<const char*>(close.reply_text.bytes), close.reply_text.len);
    return {away + "it refused the login (" + std::to_string(close.reply_code) + " " + text::printable(said) + ").",
            FailureClass::Connect};
  }
  if (reply.library_error == AMQP_STATUS_TIMEOUT)
    return {away + "the login was not answered within the time-out.", FailureClass::Timeout};
  return {away + "the login failed (" + amqp_error_string2(reply.library_error) + ").", FailureClass::Connect};
}

}  // namespace

Connection::Opened Connection::open(const Broker& broker, const ConnectionTimes& times) {
  std::unique_ptr<Connection> connection(new Connection(broker));
  if (auto loss = connection->connect(broker, times)) return *std::move(loss);
  if (auto loss = connection->login(broker, times)) return *std::move(loss);
  return connection;
}

std::optional<Loss> Connection::connect(const Broker& broker, const ConnectionTimes& times) {
  if (state_ == nullptr) return Loss{"The broker " + broker.name + " is away: there is no memory to connect to it."};
  amqp_socket_t* socket = nullptr;
  if (broker.tls) {
    auto made = tlsSocket(state_, broker);
    if (auto* loss = std::get_if<Loss>(&made)) return std::move(*loss);
    socket = std::get<amqp_socket_t*>(made);
  } else {
    socket = amqp_tcp_socket_new(state_);
  }
  const auto limit = timevalOf(times.timeout);
  amqp_set_handshake_timeout(state_, &limit);
  if (socket == nullptr) return unusable(broker, "socket");
  if (const int status = amqp_socket_open_noblock(socket, broker.host.c_str(), broker.port, &limit);
      status != AMQP_STATUS_OK) {
    return notReached(broker, status);
  }
  socket_ = amqp_get_sockfd(state_);
  // What is published must not wait for a broker that has stopped reading. So no more is given to the system than fits
  // (room()); where a large message does not fit anyway, this ends the connection in time.
  const auto patience = static_cast<int>(std::chrono::milliseconds(2 * times.heartbeat).count());
  setsockopt(socket_, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
  const int wanted = 1024 * 1024;
  setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
  socklen_t length = sizeof sendBuffer_;
  if (getsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &sendBuffer_, &length) != 0) sendBuffer_ = 0;
  sendBuffer_ /= 2;  // The system counts its own overhead in.
  return std::nullopt;
}

std::optional<Loss> Connection::login(const Broker& broker, const ConnectionTimes& times) {
  constexpr int kFrameBytes = 131072;
  std::array<amqp_table_entry_t, 2> can;
  for (std::size_t i : {0U, 1U}) {
    can[i].key = amqp_cstring_bytes(i == 0 ? "connection.blocked" : "consumer_cancel_notify");
    can[i].value.kind = AMQP_FIELD_KIND_BOOLEAN;
    can[i].value.value.boolean = 1;
  }
  std::array<amqp_table_entry_t, 3> properties;
  properties[0].key = amqp_cstring_bytes("capabilities");
  properties[0].value.kind = AMQP_FIELD_KIND_TABLE;
  properties[0].value.value.table = {static_cast<int>(can.size()), can.data()};
  for (std::size_t i : {1U, 2U}) {
    properties[i].key = amqp_cstring_bytes(i == 1 ? "product" : "connection_name");
    properties[i].value.kind = AMQP_FIELD_KIND_UTF8;
    properties[i].value.value.bytes = amqp_cstring_bytes("Lull");
  }
  const amqp_table_t table{static_cast<int>(properties.size()), properties.data()};
  const auto reply = amqp_login_with_properties(state_, broker.virtualHost.c_str(), AMQP_DEFAULT_MAX_CHANNELS,
                                                kFrameBytes, static_cast<int>(times.heartbeat.count()), &table,
                                                AMQP_SASL_METHOD_PLAIN, broker.user.c_str(), broker.password.c_str());
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) return notLetIn(broker, reply);
  mostChannels_ = static_cast<std::uint16_t>(amqp_get_channel_max(state_));
  return std::nullopt;
}

}  // namespace lull::rabbit
