#pragma once

#include "common/http_message.hpp"
#include "common/poller.hpp"
#include "sink/arrivals.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <string>
#include <vector>

namespace lull::bench {

/// How the sink answers the POSTs of one endpoint.
struct Behaviour {
  int status = 200;
  std::int64_t delayNs = 0;
  bool blackhole = false;  ///< The request is read and never answered.
};

/// Single-threaded epoll HTTP server that counts POSTs. The path `/e/<n>` names endpoint n (< kMaxEndpoints); any other
/// path is endpoint 0. It listens on several ports so that endpoints can also differ by origin.
class SinkServer {
 public:
  static constexpr std::uint32_t kMaxEndpoints = 100'000;

  SinkServer(std::uint16_t firstPort, std::size_t listeners);

  [[nodiscard]] std::vector<std::uint16_t> ports() const;
  [[nodiscard]] Arrivals& arrivals() { return arrivals_; }
  [[nodiscard]] std::size_t openConnections() const { return connections_.size() - freeSlots_.size(); }
  [[nodiscard]] std::uint64_t acceptedConnections() const { return accepted_; }

  void setBehaviour(std::uint32_t endpoint, Behaviour behaviour);
  void setAllBehaviours(Behaviour behaviour);

  /// Serves until `onControl`, called whenever `controlFd` is readable, returns false.
  void run(int controlFd, const std::function<bool()>& onControl);

 private:
  struct Connection {
    int fd = -1;
    std::uint32_t generation = 0;  ///< Tells a late delayed reply that its connection is gone.
    bool blocked = false;          ///< The socket buffer is full, the poller also watches for room in it.
    std::int64_t firstByteNs = 0;  ///< Of the request being read.
    std::int64_t waiting = -1;     ///< Item of the request whose delayed answer is not due yet, -1 without one.
    std::string in;
    std::string out;
  };
  struct DelayedReply {
    std::int64_t dueNs;
    std::uint32_t slot;
    std::uint32_t generation;
    int status;
    bool operator>(const DelayedReply& other) const { return dueNs > other.dueNs; }
  };

  void acceptAll(int listener);
  void onReadable(std::uint32_t slot);
  void onRequest(std::uint32_t slot, const Message& message);
  void reply(std::uint32_t slot, int status);
  void flush(std::uint32_t slot);
  void drop(std::uint32_t slot);
  void sendDueReplies();
  [[nodiscard]] std::int64_t timeoutNs() const;
  [[nodiscard]] const Behaviour& behaviourOf(std::uint32_t endpoint) const;

  Poller poller_;
  std::vector<int> listeners_;
  std::deque<Connection> connections_;
  std::vector<std::uint32_t> freeSlots_;
  std::priority_queue<DelayedReply, std::vector<DelayedReply>, std::greater<>> delayed_;
  std::vector<Behaviour> behaviours_;  ///< By endpoint; shorter than the endpoints seen means default_.
  Behaviour default_;
  Arrivals arrivals_;
  std::uint64_t accepted_ = 0;
};

}  // namespace lull::bench
