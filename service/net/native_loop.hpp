#pragma once

#include "wire_exchange.hpp"
#include "wire_parts.hpp"

#include <lull/net/native_transport.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/supervisor.hpp>

#include <memory>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// The thread "wire" and what runs on it.
class NativeTransport::Loop {
 public:
  Loop(const TransportSettings& settings, const AddressGuard& guard);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// From any thread.
  void post(WirePost post);
  /// See Transport::stop().
  void stop();

 private:
  /// What other threads hand over.
  struct Inbox {
    std::vector<WirePost> posts;
    bool awake = false;  // the loop has been told and has not looked yet
    bool stopped = false;
  };

  void run();
  void takeIn();
  void shutDown();

  WireParts parts_;
  runtime::Guarded<Inbox> inbox_;
  std::vector<WirePost> taken_;
  std::unordered_map<const WireExchange*, std::shared_ptr<WireExchange>> active_;
  runtime::Supervisor threads_;  // last: its thread uses everything above
};

}  // namespace lull::net
