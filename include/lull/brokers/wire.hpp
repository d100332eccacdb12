#pragma once

#include <lull/brokers/broker.hpp>
#include <lull/brokers/session.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

struct ssl_st;
struct ssl_ctx_st;

namespace lull::brokers {

/// A TCP connection to a broker, with TLS (at least 1.2, certificate and name verified) where the broker has it. Used
/// by one thread at a time, which has SIGPIPE blocked; reading and writing never block. The first failure loses the
/// connection: lost() says why. When writing fails, what the broker has said before can still be read: read() loses the
/// connection once nothing is left.
class Wire {
 public:
  using SteadyClock = std::chrono::steady_clock;
  using Opened = std::variant<std::unique_ptr<Wire>, Loss>;
  /// Resolves the name, connects and does the TLS handshake. Blocks for up to twice the time-out, and for as long as
  /// the system's resolver does.
  static Opened open(const Broker& broker, const ConnectionTimes& times);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  int socket() const { return socket_; }
  /// The bytes that were read; 0 when nothing is there, or the connection is lost.
  std::size_t read(char* into, std::size_t size);
  /// The bytes that the system took; 0 when it has no room, or nothing can be written any more.
  std::size_t write(std::string_view bytes);
  /// Writing has failed, or the connection is lost.
  bool takesNothing() const { return unwritable_ || lost_; }
  /// Something was read from the socket already that read() gives.
  bool hasBuffered() const;
  /// Waits until the socket can be read (or, `writable`, written), and at most until then.
  void wait(bool writable, SteadyClock::time_point until) const;
  const std::optional<Loss>& lost() const { return lost_; }
  /// What the protocol on top has found; later ones are passed over.
  void lose(Loss loss);

 private:
  explicit Wire(const Broker& broker) : away_("The broker " + broker.name + " is away: ") {}
  std::optional<Loss> connect(const Broker& broker, const ConnectionTimes& times);
  std::optional<Loss> handshake(const Broker& broker, SteadyClock::time_point until);
  /// What became of an attempt to read or write.
  struct Moved {
    std::size_t bytes = 0;
    std::optional<Loss> loss{};
  };
  Moved byTls(int returned) const;
  Moved bySystem(ssize_t returned) const;
  Loss lossOf(int error) const;

  const std::string away_;  // how each sentence begins
  int socket_ = -1;
  std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_{nullptr, nullptr};
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_{nullptr, nullptr};
  std::optional<Loss> unwritable_;  // why writing failed, until everything has been read
  std::optional<Loss> lost_;
};

/// OpenSSL writes without MSG_NOSIGNAL, so a thread that uses wires blocks the signal.
void blockBrokenPipes();

}  // namespace lull::brokers
