#pragma once

#include "wire_exchange.hpp"
#include "wire_parts.hpp"

#include <lull/runtime/guarded.hpp>
#include <lull/runtime/supervisor.hpp>

#include <memory>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// One thread and the requests that run on it. Public calls come from any thread unless they say otherwise.
class WireLoop {
 public:
  /// `guard` outlives it. Throws as TlsContext does.
  WireLoop(const std::string& threadName, const TransportSettings& settings, const AddressGuard& guard);
  ~WireLoop();
  WireLoop(const WireLoop&) = delete;
  WireLoop& operator=(const WireLoop&) = delete;

  /// `asked.done` is called exactly once, on the loop's thread; with Cancelled, on the caller's, after stop().
  void start(WireRequest asked);
  /// See Transport::stop(). Joins the thread.
  void stop();

 private:
  /// What other threads hand over.
  struct Inbox {
    std::vector<WireRequest> requests;
    bool awake = false;  // the loop was woken and has not looked yet
    bool stopped = false;
  };

  void run();
  void takeIn();
  void shutDown();

  WireParts parts_;
  runtime::Guarded<Inbox> inbox_;
  std::vector<WireRequest> taken_;
  std::unordered_map<const WireExchange*, std::shared_ptr<WireExchange>> active_;
  runtime::Supervisor threads_;  // last: its thread uses everything above
};

}  // namespace lull::net
