#include "fuzz.hpp"
#include "tests/unit/api/fakes/backend.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using lull::fuzz::require;

constexpr std::string_view kEnd = "\r\n\r\n";

/// The whole API over fakes, on a port of loopback.
struct Server {
  lull::api::testing::Backend backend;
  lull::api::ApiServer server{[] {
                                lull::api::ApiSettings settings;
                                settings.listen = {{"127.0.0.1", 0}};
                                settings.version = "0.1.0";
                                return settings;
                              }(),
                              backend.dependencies()};
  std::uint16_t port = server.start().value().at(0).port;

  /// Everything that a request may change.
  std::size_t changes() const {
    return backend.admission.admitted.size() + backend.endpoints.endpoints.size() + (backend.windows.flushes ? 1 : 0);
  }
  void forget() {
    backend.admission.admitted.clear();
    backend.endpoints.endpoints.clear();
    backend.windows.flushes = false;
  }
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{8, 0};
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // A connect that libFuzzer's clock interrupts goes on by itself; asked again, it says that it stands.
    int connected = 0;
    do {
      connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    } while (connected != 0 && (errno == EINTR || errno == EALREADY));
    require(connected == 0 || errno == EISCONN, "it listens");
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;  // libFuzzer's clock ticks by a signal
      if (sent <= 0) return;                     // the server has closed
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Sends nothing more, and reads until the server closes.
  std::string rest() const {
    ::shutdown(socket_, SHUT_WR);
    std::string text;
    std::array<char, 65536> chunk;
    for (;;) {
      const auto count = ::recv(socket_, chunk.data(), chunk.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      require(count >= 0 || errno == ECONNRESET, "the connection ends once the client has ended its side");
      if (count <= 0) return text;
      text.append(chunk.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  int socket_;
};

struct Replies {
  std::size_t final = 0;  ///< of those but 100 Continue
  std::size_t done = 0;   ///< 2xx
};

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Reads `text` as replies, each of them whole and well formed. `heads`: some may be to HEAD, without their bodies.
Replies read(std::string_view text, bool heads) {
  Replies replies;
  bool closing = false;
  while (!text.empty()) {
    require(!closing, "nothing follows a reply that closes");
    const auto end = text.find(kEnd);
    require(text.starts_with("HTTP/1.1 ") && end != std::string_view::npos, "a reply is well formed");
    const auto status = std::atoi(std::string(text.substr(9, 3)).c_str());
    require(status >= 100 && status <= 599 && text[12] == ' ', "a status has three digits");
    const auto head = lowered(text.substr(0, end + 2));
    text.remove_prefix(end + kEnd.size());
    if (status == 100) continue;
    ++replies.final;
    if (status < 300) ++replies.done;
    require(head.find("\r\ndate: ") != std::string::npos, "a reply is dated");
    closing = head.find("\r\nconnection: close\r\n") != std::string::npos;
    const auto at = head.find("\r\ncontent-length: ");
    require(at != std::string::npos || status == 204 || status == 304, "a reply says where it ends");
    if (at == std::string::npos) continue;
    const auto length = std::strtoul(head.c_str() + at + 18, nullptr, 10);
    // The reply to a HEAD announces what it does not send.
    if (heads && (text.empty() || (text.size() < length || text.starts_with("HTTP/1.1 ")))) continue;
    require(text.size() >= length, "a body is as long as it was announced");
    text.remove_prefix(length);
  }
  return replies;
}

std::size_t countOf(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

/// Whatever bytes come in whatever pieces: replies are well formed, no request gets two, and one that is refused
/// changes nothing. The first byte is how many cuts there are, and each of the next a piece's length.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Left to itself OpenSSL tidies up before the server's threads have ended, and what these hold counts as leaked.
  static const int noTidying = ::OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  static_cast<void>(noTidying);
  static Server server;
  lull::fuzz::Input input(data, size);
  std::vector<std::size_t> pieces(input.byte() % 8);
  for (auto& piece : pieces) piece = input.byte();
  const std::string sent(input.rest());
  std::string text;
  {
    const Client client(server.port);
    for (const auto piece : pieces) client.send(input.take(piece));
    client.send(input.rest());
    text = client.rest();
  }
  const auto replies = read(text, sent.find("HEAD ") != std::string::npos);
  // Each request ends a head; what is no request at all is refused once, and then the connection ends.
  require(replies.final <= countOf(sent, kEnd) + 1, "no request gets two replies");
  require(replies.done > 0 || server.changes() == 0, "a request that is refused changes nothing");
  server.forget();
  return 0;
}
