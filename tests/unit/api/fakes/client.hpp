#pragma once

#include "backend.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::api::testing {

using Json = nlohmann::ordered_json;
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// A reply as it stood on the wire. Header names are in lower case.
struct WireReply {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;

  Json json() const { return Json::parse(body); }
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// The bytes of a request with Host and, when there is a body, Content-Length.
inline std::string requestText(const std::string& method, const std::string& path, const std::string& body = "",
                               const HeaderFields& headers = {}) {
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

/// A TCP connection of a test: sends any bytes, reads replies. Reads give up after 10 s.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return connected_; }

  /// False when the server has closed meanwhile.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next whole reply; status 0 when the server closed before one came. `isHead`: no body follows.
  WireReply readReply(bool isHead = false) {
    WireReply reply;
    auto end = buffer_.find("\r\n\r\n");
    for (; end == std::string::npos; end = buffer_.find("\r\n\r\n")) {
      if (!fill()) return reply;
    }
    parseHead(buffer_.substr(0, end + 2), reply);
    buffer_.erase(0, end + 4);
    const auto length = isHead ? 0 : std::strtoul(reply.header("content-length").c_str(), nullptr, 10);
    while (buffer_.size() < length && fill()) {
    }
    reply.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return reply;
  }

  /// True when the server closes without sending another byte.
  bool closedByServer() { return buffer_.empty() && !fill() && closed_; }

 private:
  static void parseHead(const std::string& head, WireReply& reply) {
    reply.status = std::atoi(head.c_str() + 9);
    for (auto at = head.find("\r\n") + 2; at < head.size();) {
      const auto end = head.find("\r\n", at);
      const auto colon = head.find(':', at);
      auto name = head.substr(at, colon - at);
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      reply.headers[name] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
  }

  bool fill() {
    std::array<char, 65536> chunk{};
    const auto count = ::recv(socket_, chunk.data(), chunk.size(), 0);
    closed_ = count == 0;
    if (count <= 0) return false;
    buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool closed_ = false;
  std::string buffer_;
};

/// A running server over fakes, and requests to it, each on a connection of its own.
class ApiFixture {
 public:
  explicit ApiFixture(ApiSettings settings = {}, auth::KeySets* keySets = nullptr) {
    backend.keySets = keySets;
    if (settings.listen.empty()) settings.listen = {{"127.0.0.1", 0}};
    settings.version = "0.1.0";
    server = std::make_unique<ApiServer>(std::move(settings), backend.dependencies());
    auto started = server->start();
    if (started) {
      bound = *started;
    } else {
      ADD_FAILURE() << started.error().message;
    }
  }

  WireReply request(const std::string& method, const std::string& path, const std::string& body = "",
                    HeaderFields headers = {}) {
    RawConnection connection(port());
    headers.emplace_back("Connection", "close");
    connection.send(requestText(method, path, body, headers));
    return connection.readReply(method == "HEAD");
  }
  WireReply get(const std::string& path, HeaderFields headers = {}) {
    return request("GET", path, "", std::move(headers));
  }
  /// With Content-Type: application/json.
  WireReply post(const std::string& path, const std::string& body, HeaderFields headers = {}) {
    return send("POST", path, body, std::move(headers));
  }
  WireReply send(const std::string& method, const std::string& path, const std::string& body,
                 HeaderFields headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return request(method, path, body, std::move(headers));
  }

  /// Registers an endpoint with custom headers and returns its id.
  std::string registerEndpoint() {
    const auto reply = post("/api/v1/endpoints", kRegistration);
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.json().at("id");
  }

  static constexpr const char* kRegistration =
      R"({"name":"Catalogue sync","url":"https://hooks.example.com/lull","changeTypes":3,)"
      R"("headers":{"Authorization":"Bearer s3cret","X-Tenant":"north"}})";

  std::uint16_t port() const { return bound.at(0).port; }

  Backend backend;
  std::vector<BoundAddress> bound;
  std::unique_ptr<ApiServer> server;  // after the backend: it is stopped first
};

/// The pointers of a problem's errors.
inline std::vector<std::string> pointersOf(const WireReply& reply) {
  std::vector<std::string> pointers;
  const auto json = reply.json();
  for (const auto& error : json.value("errors", Json::array())) pointers.push_back(error.at("pointer"));
  return pointers;
}

}  // namespace lull::api::testing
