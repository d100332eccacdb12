#pragma once

#include <lull/net/resolver.hpp>

#include <ares.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// A c-ares channel and the sockets that it wants watched. Belongs to one thread.
class AresChannel {
 public:
  enum class Family { V4, V6 };
  struct Question {
    std::string name;  ///< absolute when it ends with a dot
    std::uint64_t id;  ///< handed back with each answer
  };
  using Answered = std::function<void(const Question& question, Family family, Resolution answer)>;

  AresChannel(const ResolverSettings& settings, Answered answered);
  ~AresChannel();
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;

  /// Asks for both families. `answered` follows exactly once for each, possibly before this returns.
  void query(const Question& question);
  /// What /etc/hosts says, which goes before what name servers say. Empty when it does not have the name.
  std::vector<IpAddress> fromHostsFile(const std::string& name);
  /// Waits for the sockets, `wakeFd`, or `most`, whichever is first, and processes what came.
  void poll(int wakeFd, std::chrono::milliseconds most);
  /// Takes up a changed /etc/resolv.conf. Call only while no query runs.
  void refresh();
  /// Ends all queries with an error.
  void close();

 private:
  struct OpenQuery {
    AresChannel* channel;
    Question question;
    Family family;
  };

  void open();
  static void onSocket(void* self, ares_socket_t socket, int readable, int writable);
  static void onAnswer(void* query, int status, int timeouts, ares_addrinfo* result);

  const ResolverSettings settings_;
  const Answered answered_;
  ares_channel channel_ = nullptr;
  std::unordered_map<ares_socket_t, short> watched_;  // socket → poll events
  std::int64_t configStamp_ = 0;                      // modification time of /etc/resolv.conf, ns
};

}  // namespace lull::net
