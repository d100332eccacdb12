#pragma once

#include "call.hpp"
#include "overview/live_log.hpp"
#include "ownership.hpp"

#include <map>
#include <mutex>

namespace lull::api {

/// What happens now: the newest attempts over all endpoints that the caller may see.
class LiveHandler {
 public:
  /// So many owners have a log of their own at the same time; whoever asked the longest ago loses it to the next one.
  static constexpr std::size_t kMostOwners = 32;

  LiveHandler(LiveSources sources, ports::QueueView& queue, Ownership ownership)
      : sources_(sources), queue_(queue), ownership_(ownership) {}

  Result<http::Response> get(Call& call);

 private:
  struct Owned {
    std::shared_ptr<LiveLog> log = std::make_shared<LiveLog>();
    std::uint64_t lastAsked = 0;
  };

  Result<http::Response> ofEndpoint(const EndpointId& id, const ports::AttemptFilter& filter) const;
  std::shared_ptr<LiveLog> logOf(const std::string& owner);

  const LiveSources sources_;
  ports::QueueView& queue_;
  const Ownership ownership_;
  LiveLog fleet_;
  std::mutex mutex_;
  std::map<std::string, Owned> owned_;  // protected by mutex_, as the next one
  std::uint64_t asked_ = 0;
};

}  // namespace lull::api
