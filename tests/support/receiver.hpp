#pragma once

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;
using SSL = struct ssl_st;

namespace lull::testing {

class Receiver;

/// One accepted connection, as a receiver's script uses it.
class Connection {
 public:
  Connection(Receiver& receiver, int fd, int index);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int index() const { return index_; }  ///< 0 for the first accepted one
  Receiver& receiver() { return receiver_; }
  /// Reads one whole request with its body, including what readBytes() has read. False when the sender closed instead.
  bool readRequest();
  /// Reads so many bytes and no more. False when the sender closed before.
  bool readBytes(std::size_t count);
  bool send(std::string_view bytes);
  /// Waits until the sender's kernel has what was sent, so that the sender can read it.
  void awaitArrival();
  /// Waits; false when the receiver is being stopped.
  bool pause(std::chrono::milliseconds time);
  /// Closes with RST instead of FIN.
  void reset();
  /// Drops everything that the sender sends from now on and acknowledges nothing, like a NAT that has forgotten the
  /// connection.
  void fallSilent();
  /// Waits until the sender closes, or the receiver is stopped.
  void awaitClose();
  bool handshake(SSL_CTX* context);

 private:
  long readSome(char* buffer, std::size_t size);

  Receiver& receiver_;
  const int fd_;
  const int index_;
  SSL* tls_ = nullptr;
  std::string begun_;  // the part of a request that has been read when it is not whole yet
};

/// A raw-socket HTTP receiver on loopback that answers as its script says, however wrong that is. Each connection has a
/// thread of its own; all are joined by the destructor.
class Receiver {
 public:
  using Script = std::function<void(Connection&)>;
  struct Options {
    bool v6 = false;
    SSL_CTX* tls = nullptr;    ///< not owned; the script starts after the handshake
    bool accepting = true;     ///< false: nobody accepts, and the backlog is full
    std::string address = {};  ///< to listen on; empty: every IPv4 loopback address, or ::1
    std::uint16_t port = 0;    ///< 0: any free one
    int receiveBuffer = 0;     ///< bytes that the kernel takes while nobody reads; 0: as many as it likes
  };

  Receiver(Script script, Options options);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_.load(); }
  std::vector<std::string> requests() const;   ///< as received, head and body
  std::vector<std::string> addresses() const;  ///< which local address each connection came to
  std::string serverName() const;              ///< SNI of the last handshake
  int resumedSessions() const { return resumed_.load(); }
  std::size_t bytesSent() const { return bytesSent_.load(); }
  /// Blocks a script until `count` requests have arrived in all; false when the receiver is stopped.
  bool awaitRequests(std::size_t count);
  /// A script calls signal() when something has happened; a test waits until that was called so often.
  void signal();
  void awaitSignals(std::size_t count);

 private:
  friend class Connection;
  void acceptLoop();
  void serve(int fd, int index);
  void fillBacklog();
  void record(std::string request);

  const Script script_;
  const Options options_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<std::size_t> bytesSent_{0};
  std::atomic<int> resumed_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // protected by mutex_, as all below
  std::vector<int> open_;  // sockets to shut down at the end
  std::size_t signals_ = 0;
  std::vector<std::string> requests_;
  std::vector<std::string> addresses_;
  std::string serverName_;
  std::vector<std::thread> threads_;  // of the connections; added to by acceptor_ only
  std::thread acceptor_;
};

/// True when the request has the header with exactly this value; names compare without case.
bool hasHeader(const std::string& request, const std::string& name, const std::string& value);

}  // namespace lull::testing
