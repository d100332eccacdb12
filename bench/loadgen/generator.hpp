#pragma once

#include "common/poller.hpp"
#include "loadgen/body.hpp"
#include "loadgen/connection.hpp"
#include "loadgen/options.hpp"
#include "loadgen/report.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lull::bench {

/// Drives N connections from one thread. In open loop request i is due at start + i / rate whether or not earlier ones
/// were answered; when every connection is busy it waits, and the wait is part of its latency.
class Generator {
 public:
  explicit Generator(const LoadOptions& options);

  /// Sends the whole load and waits for the replies. Throws std::runtime_error when no connection can be made.
  Report run();

 private:
  struct Target {
    std::string address;
    std::uint16_t port;
  };

  void openConnection(std::size_t index);
  void connectAll();
  void sendDue(std::int64_t now);
  void sendOne(std::int64_t now);
  void handle(std::size_t index, std::uint32_t events);
  void onResponse(std::size_t index, std::int64_t now);
  void onLost(std::size_t index);
  void reopen(std::size_t index);
  [[nodiscard]] bool wantsMore(std::int64_t now) const;
  [[nodiscard]] std::int64_t dueNs(std::uint64_t request) const;
  [[nodiscard]] std::int64_t timeoutNs(std::int64_t now) const;

  const LoadOptions& options_;
  std::vector<Target> targets_;
  Poller poller_;
  RequestBuilder requests_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::size_t> idle_;
  std::size_t inFlight_ = 0;
  std::uint64_t scheduled_ = 0;  ///< Requests handed to a connection so far.
  std::int64_t startNs_ = 0;
  std::int64_t progressNs_ = 0;  ///< The last time a request went out or a reply came in.
  Report report_;
};

}  // namespace lull::bench
