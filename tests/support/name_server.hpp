#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lull::testing {

/// A name server on a loopback port. It answers A and AAAA queries from its table, says "no such name" for what is not
/// in it, and never answers for names whose entry is empty. Thread-safe.
class NameServer {
 public:
  /// Name → addresses, of both families.
  using Table = std::map<std::string, std::vector<std::string>>;

  static constexpr std::uint16_t kA = 1;  // types of questions
  static constexpr std::uint16_t kAaaa = 28;

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
  /// Delays the answers for the name by so much.
  void delay(const std::string& name, std::chrono::milliseconds by) {
    const std::lock_guard guard(mutex_);
    delays_[name] = by;
  }
  /// The same for questions of one type.
  void delay(const std::string& name, std::uint16_t type, std::chrono::milliseconds by) {
    const std::lock_guard guard(mutex_);
    delaysOfType_[{name, type}] = by;
  }
  /// Never answers questions of that type for the name.
  void silence(const std::string& name, std::uint16_t type) {
    const std::lock_guard guard(mutex_);
    silent_.insert({name, type});
  }
  /// How many A queries came for the name.
  int queries(const std::string& name) {
    const std::lock_guard guard(mutex_);
    return queries_[name];
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Late {
    std::string reply;
    sockaddr_in to;
  };
  void run() {
    constexpr int kLookEvery = 5;  // milliseconds between two looks at the stop flag and the delayed answers
    while (!stopping_) {
      sendDue();
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, kLookEvery) <= 0) continue;
      std::array<char, 512> query{};
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const auto got = recvfrom(fd_, query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 17) continue;
      answer({query.data(), static_cast<std::size_t>(got)}, from);
    }
  }

  void sendDue() {
    while (!late_.empty() && late_.begin()->first <= std::chrono::steady_clock::now()) {
      const auto& [reply, to] = late_.begin()->second;
      sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
      late_.erase(late_.begin());
    }
  }

  void answer(const std::string& query, const sockaddr_in& from) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1;
    }
    // c-ares writes names in random case (0x20 encoding), which means nothing.
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(tolower(c)); });
    const std::string question = query.substr(12, at + 5 - 12);
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(query[at + 2]));
    const std::lock_guard guard(mutex_);
    if (type == kA) ++queries_[name];
    const auto found = table_.find(name);
    if (found != table_.end() && found->second.empty()) return;
    if (silent_.contains({name, type})) return;
    std::string records;
    char count = 0;
    for (const auto& text : found == table_.end() ? std::vector<std::string>{} : found->second) {
      const auto record = recordOf(text, type);
      records += record;
      if (!record.empty()) ++count;
    }
    std::string head = query.substr(0, 2) + std::string("\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00", 10);
    if (found == table_.end()) head[3] = '\x83';  // NXDOMAIN
    head[7] = count;
    late_.emplace(std::chrono::steady_clock::now() + delays_[name] + delaysOfType_[{name, type}],
                  Late{head + question + records, from});
  }

  /// Empty when the address is of the other family.
  static std::string recordOf(const std::string& text, std::uint16_t type) {
    const bool v6 = text.find(':') != std::string::npos;
    if (v6 != (type == kAaaa)) return "";
    std::array<char, sizeof(in6_addr)> address{};
    inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), address.data());
    std::string record("\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x3C\x00\x04", 12);
    record[3] = static_cast<char>(type);
    record[11] = static_cast<char>(v6 ? sizeof(in6_addr) : sizeof(in_addr));
    return record.append(address.data(), static_cast<std::size_t>(record[11]));
  }

  Table table_;                                                                              // protected by mutex_
  std::map<std::string, int> queries_;                                                       // protected by mutex_
  std::set<std::pair<std::string, std::uint16_t>> silent_;                                   // protected by mutex_
  std::map<std::string, std::chrono::milliseconds> delays_;                                  // protected by mutex_
  std::map<std::pair<std::string, std::uint16_t>, std::chrono::milliseconds> delaysOfType_;  // protected by mutex_
  std::mutex mutex_;
  std::multimap<Time, Late> late_;  // used by the thread only
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace lull::testing
