#include "tcp_connect.hpp"

#include <lull/brokers/wire.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

/// How a wire comes to be: name, socket, TLS.
namespace lull::brokers {

namespace {

/// What went wrong with a file of the settings.
Loss unusable(const Broker& broker, const std::string& file) {
  return {"The broker " + broker.name + " cannot be connected to: its " + file + " cannot be used.", FailureClass::Tls};
}

/// What OpenSSL is told of whom to trust, and who we are.
std::optional<Loss> equip(SSL_CTX* context, const Broker& broker) {
  const bool trusts = broker.caFile.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                            : SSL_CTX_load_verify_file(context, broker.caFile.c_str()) == 1;
  if (!trusts) return unusable(broker, "CaFile");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A key with a passphrase is an error. By itself OpenSSL asks for it, on a terminal or the standard input, and waits.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  const auto* own = broker.clientCertificate.c_str();
  if (*own == '\0') return std::nullopt;
  const bool shown = SSL_CTX_use_certificate_chain_file(context, own) == 1 &&
                     SSL_CTX_use_PrivateKey_file(context, own, SSL_FILETYPE_PEM) == 1;
  if (!shown) return unusable(broker, "ClientCertificate");
  return std::nullopt;
}

/// Whom the certificate must be for: a name, which is also sent (SNI), or an address.
bool expect(SSL* tls, const std::string& host) {
  auto* parameters = SSL_get0_param(tls);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1) return true;
  ERR_clear_error();
  return SSL_set1_host(tls, host.c_str()) == 1 && SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
}

}  // namespace

Wire::Opened Wire::open(const Broker& broker, const ConnectionTimes& times) {
  std::unique_ptr<Wire> wire(new Wire(broker));
  if (auto loss = wire->connect(broker, times)) return *std::move(loss);
  if (!broker.tls) return wire;
  if (auto loss = wire->handshake(broker, SteadyClock::now() + times.timeout)) return *std::move(loss);
  return wire;
}

std::optional<Loss> Wire::connect(const Broker& broker, const ConnectionTimes& times) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(broker.host.c_str(), std::to_string(broker.port).c_str(), &wanted, &found) != 0)
    return Loss{away_ + "its name does not resolve.", FailureClass::Name};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  auto connected = connectToAny(found, SteadyClock::now() + times.timeout, away_);
  if (auto* loss = std::get_if<Loss>(&connected)) return std::move(*loss);
  socket_ = std::get<int>(connected);
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  // What was sent and is not acknowledged by the other host's system for so long ends the connection.
  const auto patience = static_cast<int>(std::chrono::milliseconds(2 * times.heartbeat).count());
  ::setsockopt(socket_, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
  return std::nullopt;
}

std::optional<Loss> Wire::handshake(const Broker& broker, SteadyClock::time_point until) {
  context_ = {SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  if (!context_) return unusable(broker, "TLS library");
  if (auto loss = equip(context_.get(), broker)) {
    ERR_clear_error();
    return loss;
  }
  tls_ = {SSL_new(context_.get()), &SSL_free};
  if (!tls_ || !expect(tls_.get(), broker.host) || SSL_set_fd(tls_.get(), socket_) != 1)
    return unusable(broker, "TLS library");
  while (true) {
    ERR_clear_error();
    const int returned = SSL_connect(tls_.get());
    if (returned == 1) return std::nullopt;
    const int why = SSL_get_error(tls_.get(), returned);
    const bool goesOn = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    if (goesOn && SteadyClock::now() >= until)
      return Loss{away_ + "no TLS handshake within the time-out.", FailureClass::Timeout};
    if (goesOn) {
      wait(why == SSL_ERROR_WANT_WRITE, until);
      continue;
    }
    ERR_clear_error();
    if (const auto verdict = SSL_get_verify_result(tls_.get());
        verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
      return Loss{away_ + "its certificate is for another name.", FailureClass::Tls};
    return Loss{away_ + "the TLS handshake failed, or its certificate is not trusted.", FailureClass::Tls};
  }
}

}  // namespace lull::brokers
