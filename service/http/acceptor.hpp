#pragma once

#include <lull/http/listener.hpp>

#include <httplib.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace lull::http {

/// One listening address. cpp-httplib binds, listens and accepts, and hands each socket on; ClientConnection reads and
/// writes it. httplib 0.11 itself would skip header lines that it cannot parse, percent-decode header values, limit
/// neither a header line nor a chunked body, and keep a thread with each idle connection; and its reading loop has
/// changed its interface several times since, while this hook stayed.
class Acceptor final : private httplib::Server {
 public:
  /// `accepted` gets each socket and owns it; it is called on the thread that runs run().
  using Accepted = std::function<void(int socket)>;

  explicit Acceptor(Accepted accepted);
  ~Acceptor() override;

  /// `host` is an IP literal; "::" takes IPv4 as well; port 0 lets the system choose. Returns the bound port.
  std::variant<std::uint16_t, BindFault> bind(const std::string& host, std::uint16_t port);
  /// Accepts until stop(). When the system is short of memory or descriptors httplib closes its socket; then the
  /// address is bound again.
  void run();
  /// Ends run(), also one that begins later, and resets the connections in the backlog. From any thread; never blocks.
  void stop();

 private:
  bool process_and_close_socket(socket_t socket) override;

  const Accepted accepted_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::atomic<socket_t> listening_{INVALID_SOCKET};
  std::atomic<bool> stopping_{false};
  bool ran_ = false;
};

}  // namespace lull::http
