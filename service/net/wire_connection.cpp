#include "wire_connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace lull::net {

namespace {

void setOption(int socket, int level, int name, int value) {
  setsockopt(socket, level, name, &value, sizeof(value));
}

WireIo judged(ssize_t result) {
  WireIo io;
  if (result >= 0) {
    io.bytes = static_cast<std::size_t>(result);
  } else {
    io.kind = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? WireIo::Kind::NotYet : WireIo::Kind::Broken;
  }
  return io;
}

}  // namespace

WireConnection::WireConnection(WireSocket socket, std::string origin, const IpAddress& address)
    : socket_(std::move(socket)), origin_(std::move(origin)), address_(address) {
  WireError ignored;
  socket_.native_non_blocking(true, ignored);
  setOption(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void WireConnection::startTls(std::shared_ptr<TlsContext> context, const std::string& host) {
  tls_ = std::make_unique<TlsStream>(std::move(context), socket_.native_handle(), host, origin_);
}

WireIo WireConnection::handshake() {
  return tls_ ? tls_->handshake() : WireIo{};
}

WireIo WireConnection::read(char* into, std::size_t size) {
  if (tls_) return tls_->read(into, size);
  auto io = judged(recv(socket_.native_handle(), into, size, MSG_DONTWAIT));
  if (io.kind == WireIo::Kind::Done && io.bytes == 0) io.kind = WireIo::Kind::Closed;
  return io;
}

WireIo WireConnection::write(std::string_view bytes) {
  if (tls_) return tls_->write(bytes);
  auto io = judged(send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  io.wantsWrite = io.kind == WireIo::Kind::NotYet;
  return io;
}

/// With TLS this also reads records that are no part of an answer, such as a new session; only bytes of an answer count
/// as not silent.
bool WireConnection::isSilent() {
  char byte = 0;
  return socket_.is_open() && read(&byte, 1).kind == WireIo::Kind::NotYet;
}

void WireConnection::close() {
  user_ = nullptr;
  WireError ignored;
  socket_.close(ignored);
}

void WireConnection::awaitReadable() {
  if (std::exchange(readAwaited_, true)) return;
  socket_.async_wait(WireSocket::wait_read, [self = shared_from_this()](const WireError& error) {
    self->readAwaited_ = false;
    if (!error && self->user_ != nullptr) self->user_->readable(*self);
  });
}

void WireConnection::awaitWritable() {
  if (std::exchange(writeAwaited_, true)) return;
  socket_.async_wait(WireSocket::wait_write, [self = shared_from_this()](const WireError& error) {
    self->writeAwaited_ = false;
    if (!error && self->user_ != nullptr) self->user_->writable(*self);
  });
}

void WireConnection::markKept() {
  if (std::exchange(kept_, true)) return;
  // A firewall or NAT may forget an idle connection and drop its packets silently. So a request that the kernel of the
  // receiver has not acknowledged within this time is sent again on a new connection.
  constexpr int kUnacknowledged = 3'000;  // milliseconds
  setOption(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledged);
}

}  // namespace lull::net
