#pragma once

#include <lull/http/listener.hpp>

#include <httplib.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace lull::http {

/// One listening address. cpp-httplib binds, listens and accepts; whoever connects is handed on as a socket. What
/// passes on it is read and written by ClientConnection: httplib 0.11 skips header lines that it cannot parse,
/// percent-decodes header values, caps neither a header line nor a chunked body, keeps a thread with each idle
/// connection, and its reading loop changed its interface several times since, while this hook stayed.
class Acceptor final : private httplib::Server {
 public:
  /// `accepted` gets each socket and owns it; it is called on the thread that runs run().
  using Accepted = std::function<void(int socket)>;

  explicit Acceptor(Accepted accepted);
  ~Acceptor() override;

  /// `host` is an IP literal; "::" takes IPv4 as well; port 0 lets the system choose. Returns the bound port.
  std::variant<std::uint16_t, BindFault> bind(const std::string& host, std::uint16_t port);
  /// Accepts until stop(). Where the system is short of memory or files httplib gives its socket up, and then the
  /// address is bound anew.
  void run();
  /// Ends run(), now and later, and resets whoever waits in the backlog. From any thread; never blocks.
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
