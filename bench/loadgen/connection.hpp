#pragma once

#include "common/poller.hpp"

#include <cstdint>
#include <string>

namespace lull::bench {

/// One keep-alive connection of the generator, with at most one request in flight.
class Connection {
 public:
  /// What the generator has to remember of the request in flight. `scheduledNs` is when it should have been sent:
  /// latency counts from there, so that a stalled server cannot hide the requests that it held up.
  struct Request {
    std::int64_t scheduledNs = 0;
    std::int64_t sentNs = 0;
    std::uint64_t item = 0;
  };
  enum class Event {
    kNothing,
    kReady,     ///< Connected, or the previous reply is complete: idle.
    kResponse,  ///< A reply is complete; `status()` tells which. The connection is idle or closed (`isOpen`).
    kLost,      ///< Broken or closed by the peer; a request may have been in flight (`busy`).
  };

  Connection(Poller& poller, std::uint64_t tag) : poller_(poller), tag_(tag) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { shut(); }

  void open(const std::string& address, std::uint16_t port);
  void shut();

  /// The buffer to append the next request to, before `send`.
  std::string& outgoing() { return out_; }
  /// False when the connection broke; the request did not go out completely.
  bool send(Request request);
  Event onEvents(std::uint32_t events);

  [[nodiscard]] bool isOpen() const { return fd_ >= 0; }
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const Request& request() const { return request_; }

 private:
  bool flush();
  Event onReadable();
  void watch(bool writing);

  Poller& poller_;
  std::uint64_t tag_;
  int fd_ = -1;
  bool connecting_ = false;
  bool busy_ = false;
  bool watchingWrites_ = false;
  int status_ = 0;
  Request request_;
  std::string in_;
  std::string out_;
};

}  // namespace lull::bench
