#pragma once

#include "curl_exchange.hpp"
#include "wake_fd.hpp"

#include <lull/net/curl_transport.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/supervisor.hpp>

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// The thread "curl": an epoll loop around curl's multi_socket interface, whose cost per request does not grow with
/// the number of requests in flight.
class CurlTransport::Loop {
 public:
  Loop(TransportSettings settings, const AddressGuard& guard);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void post(PendingPost pending);
  void stop() { threads_.stopAll(); }  ///< its thread answers everything before it ends

 private:
  struct Inbox {
    std::vector<PendingPost> posts;
    bool stopped = false;
  };

  void run();
  void takeIn();
  void start(PendingPost pending);
  void waitForSockets();
  void runTimer();
  void collect();
  void recycle(std::unique_ptr<CurlExchange> exchange);
  void shutDown();
  static int onSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int onTimer(CURLM* multi, long milliseconds, void* self);

  const TransportSettings settings_;
  const AddressGuard& guard_;
  runtime::Guarded<Inbox> inbox_;
  WakeFd wake_;
  std::atomic<bool> stopping_{false};
  // Only the loop's thread touches what follows, once it runs.
  int epoll_ = -1;
  CURLM* multi_ = nullptr;
  std::vector<PendingPost> taken_;  // kept for its capacity
  std::optional<std::chrono::steady_clock::time_point> timer_;
  std::unordered_map<CURL*, std::unique_ptr<CurlExchange>> active_;
  std::vector<std::unique_ptr<CurlExchange>> idle_;
  runtime::Supervisor threads_;  // last: its thread uses everything above
};

}  // namespace lull::net
