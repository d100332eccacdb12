#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace lull::testing {

/// A broker that does what a test says with each connection, one after another. It ends with the object, which cuts the
/// connection that is open.
class OddBroker {
 public:
  /// One connection, on the broker's thread.
  class Talk {
   public:
    explicit Talk(int socket) : socket_(socket) {}
    /// The next frame, up to its zero byte and without heart-beats before it; empty: the connection has ended.
    std::string frame() {
      while (true) {
        came_.erase(0, std::min(came_.find_first_not_of('\n'), came_.size()));
        if (const auto end = came_.find('\0'); end != std::string::npos) {
          auto text = came_.substr(0, end);
          came_.erase(0, end + 1);
          return text;
        }
        std::array<char, 262'144> chunk;
        const auto got = ::recv(socket_, chunk.data(), chunk.size(), 0);
        if (got <= 0) return {};
        came_.append(chunk.data(), static_cast<std::size_t>(got));
      }
    }
    /// Reads so many bytes of the frames that follow, and drops them.
    void skip(std::size_t bytes) {
      came_.clear();
      std::array<char, 262'144> chunk;
      for (ssize_t got = 1; bytes > 0 && got > 0; bytes -= static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
        got = ::recv(socket_, chunk.data(), std::min(bytes, chunk.size()), 0);
    }
    bool send(const std::string& bytes) const {
      return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }
    bool sendFrame(const std::string& text) const { return send(text + '\0'); }
    /// Lets the client in.
    void welcome(const std::string& beats = "0,0") {
      frame();
      sendFrame("CONNECTED\nversion:1.2\nheart-beat:" + beats + "\n\n");
    }
    /// The receipt that a SEND asks for.
    static std::string receiptOf(const std::string& frame) {
      const std::string name = "\nreceipt:";
      const auto at = frame.find(name) + name.size();
      return frame.substr(at, frame.find('\n', at) - at);
    }
    void receipt(const std::string& id) const { sendFrame("RECEIPT\nreceipt-id:" + id + "\n\n"); }

   private:
    int socket_;
    std::string came_;
  };

  explicit OddBroker(std::function<void(Talk&)> script)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), script_(std::move(script)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    ::listen(listener_, 16);
    thread_ = std::thread([this] {
      for (int fd = ::accept(listener_, nullptr, nullptr); fd >= 0; fd = ::accept(listener_, nullptr, nullptr)) {
        ++connections_;
        open_ = fd;
        if (ending_) ::shutdown(fd, SHUT_RDWR);
        Talk talk(fd);
        script_(talk);
        open_ = -1;
        ::close(fd);
      }
    });
  }
  ~OddBroker() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (const int fd = open_; fd >= 0) ::shutdown(fd, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  OddBroker(const OddBroker&) = delete;
  OddBroker& operator=(const OddBroker&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  const int listener_;
  const std::function<void(Talk&)> script_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> open_{-1};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace lull::testing
