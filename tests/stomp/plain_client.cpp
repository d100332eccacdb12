#include "plain_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace lull::testing {

namespace {

/// The text with the escapes of a header taken out.
std::string plainText(std::string text) {
  for (const auto& [escape, is] : std::map<std::string, std::string>{{"\\c", ":"}, {"\\n", "\n"}, {"\\\\", "\\"}}) {
    for (auto at = text.find(escape); at != std::string::npos; at = text.find(escape, at + 1)) text.replace(at, 2, is);
  }
  return text;
}

PlainClient::Read readFrame(const std::string& bytes, std::size_t bodyAt) {
  PlainClient::Read read;
  std::size_t at = bytes.find('\n') + 1;
  read.command = bytes.substr(0, at - 1);
  while (at < bodyAt - 1) {
    const auto end = bytes.find('\n', at);
    const auto colon = bytes.find(':', at);
    read.headers.emplace(plainText(bytes.substr(at, colon - at)), plainText(bytes.substr(colon + 1, end - colon - 1)));
    at = end + 1;
  }
  return read;
}

}  // namespace

PlainClient::PlainClient(std::uint16_t port, const std::string& user, const std::string& password)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no connection to the broker");
  write("CONNECT\naccept-version:1.2\nhost:localhost\nlogin:" + user + "\npasscode:" + password + "\n\n" + '\0');
  const auto first = next();
  if (!first || first->command != "CONNECTED") throw std::runtime_error("no login");
}

PlainClient::~PlainClient() {
  ::close(socket_);
}

void PlainClient::write(const std::string& bytes) const {
  if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the broker takes nothing");
}

void PlainClient::subscribe(const std::string& queue) {
  write("SUBSCRIBE\nid:" + std::to_string(++subscriptions_) + "\ndestination:/queue/" + queue +
        "\nack:client-individual\n\n" + '\0');
}

std::optional<PlainClient::Read> PlainClient::send(const std::string& queue, const std::string& body) {
  write("SEND\ndestination:/queue/" + queue + "\nreceipt:r\n\n" + body + '\0');
  return next();
}

std::optional<PlainClient::Read> PlainClient::next(int millis) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(millis);
  while (true) {
    came_.erase(0, came_.find_first_not_of('\n'));
    const auto blank = came_.find("\n\n");
    if (blank != std::string::npos) {
      auto read = readFrame(came_, blank + 2);
      const auto length = read.headers.find("content-length");
      const auto end = length == read.headers.end() ? came_.find('\0', blank) : blank + 2 + std::stoul(length->second);
      if (end != std::string::npos && end < came_.size()) {
        read.body = came_.substr(blank + 2, end - blank - 2);
        const auto ack = read.headers.find("ack");
        came_.erase(0, end + 1);
        if (ack != read.headers.end()) {
          std::string id = ack->second;
          for (auto at = id.find(':'); at != std::string::npos; at = id.find(':', at + 2)) id.replace(at, 1, "\\c");
          write("ACK\nid:" + id + "\n\n" + '\0');
        }
        return read;
      }
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd one{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) <= 0) return std::nullopt;
    std::array<char, 65'536> chunk;
    const auto got = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) return std::nullopt;
    came_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace lull::testing
