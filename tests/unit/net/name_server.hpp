#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lull::net::test {

/// A name server on a loopback port. It answers A queries from its table, says "no such name" for what is not in it,
/// and never answers for names whose entry is empty.
class NameServer {
 public:
  using Table = std::map<std::string, std::vector<std::string>>;

  explicit NameServer(Table table) : table_(std::move(table)) {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("the name server cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~NameServer() {
    stopping_ = true;
    thread_.join();
    close(fd_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void set(const std::string& name, std::vector<std::string> addresses) {
    const std::lock_guard guard(mutex_);
    table_[name] = std::move(addresses);
  }
  /// How many A queries came for the name.
  int queries(const std::string& name) {
    const std::lock_guard guard(mutex_);
    return queries_[name];
  }

 private:
  void run() {
    constexpr int kLookAtStopEvery = 20;  // milliseconds
    while (!stopping_) {
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, kLookAtStopEvery) <= 0) continue;
      std::array<char, 512> query{};
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const auto got = recvfrom(fd_, query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 17) continue;
      const auto reply = answer({query.data(), static_cast<std::size_t>(got)});
      if (!reply.empty()) sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  std::string answer(const std::string& query) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1;
    }
    const std::string question = query.substr(12, at + 5 - 12);
    const bool asksForA = query[at + 2] == 1;
    const std::lock_guard guard(mutex_);
    if (asksForA) ++queries_[name];
    const auto found = table_.find(name);
    if (found != table_.end() && found->second.empty()) return "";
    std::string records;
    char count = 0;
    for (const auto& text : found == table_.end() || !asksForA ? std::vector<std::string>{} : found->second) {
      in_addr address{};
      inet_pton(AF_INET, text.c_str(), &address);
      records += std::string("\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x3C\x00\x04", 12);
      records.append(reinterpret_cast<const char*>(&address), sizeof(address));
      ++count;
    }
    std::string head = query.substr(0, 2) + std::string("\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00", 10);
    if (found == table_.end()) head[3] = '\x83';  // NXDOMAIN
    head[7] = count;
    return head + question + records;
  }

  Table table_;                         // protected by mutex_
  std::map<std::string, int> queries_;  // protected by mutex_
  std::mutex mutex_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace lull::net::test
