#pragma once

#include "idle_pool.hpp"
#include "tls_stream.hpp"
#include "wire_asio.hpp"
#include "wire_io.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace lull::net {

class WireConnection;

/// The user of a connection, who is told when it can be read or written.
class WireUser {
 public:
  virtual void readable(WireConnection& connection) = 0;
  virtual void writable(WireConnection& connection) = 0;

 protected:
  ~WireUser() = default;
};

/// One connection to a receiver, plain or TLS. Holds no buffers. Belongs to the loop's thread; shared by whoever uses
/// it and the event that it waits for.
class WireConnection final : public Poolable, public std::enable_shared_from_this<WireConnection> {
 public:
  /// `socket` is connected.
  WireConnection(WireSocket socket, std::string origin, const IpAddress& address);

  const std::string& origin() const override { return origin_; }
  const IpAddress& address() const override { return address_; }
  bool isSilent() override;
  void close() override;

  /// Switches to TLS; handshake() comes next.
  void startTls(std::shared_ptr<TlsContext> context, const std::string& host);
  const TlsContext* tlsContext() const { return tls_ ? tls_->context().get() : nullptr; }

  WireIo handshake();
  WireIo read(char* into, std::size_t size);
  WireIo write(std::string_view bytes);

  /// The current user, or null. Not owned.
  void use(WireUser* user) { user_ = user; }
  /// Tells the user once, when the next bytes or the peer's end can be read.
  void awaitReadable();
  void awaitWritable();

  /// Marks the connection as used before: the kernel may give up on it sooner than on a new one.
  void markKept();
  bool kept() const { return kept_; }

 private:
  WireSocket socket_;
  const std::string origin_;
  const IpAddress address_;
  std::unique_ptr<TlsStream> tls_;
  WireUser* user_ = nullptr;
  bool readAwaited_ = false;
  bool writeAwaited_ = false;
  bool kept_ = false;
};

}  // namespace lull::net
