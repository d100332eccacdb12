#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lull::bench {

enum class BodyKind { kSingle, kArray, kNdjson, kNotification };

/// Everything that shapes one load. Times in seconds unless named otherwise.
struct LoadOptions {
  std::vector<std::string> targets;  ///< `host:port`, IPv4; connections are spread over them in turn.
  std::string path = "/";
  std::vector<std::string> headers;
  std::size_t connections = 64;
  double rate = 0;      ///< Requests per second on a fixed schedule (open loop); 0 = as fast as replies come back.
  double duration = 0;  ///< 0 = until `requests` are sent.
  std::uint64_t requests = 0;  ///< 0 = until `duration` is over.
  double warmup = 0;           ///< The first seconds, sent but not reported.
  double grace = 10;  ///< Without a reply for so long, the load ends; what is outstanding counts as unanswered.
  BodyKind body = BodyKind::kSingle;
  std::uint64_t batch = 100;  ///< Events per request of the bulk bodies.
  std::string type = "AssetCreated";
  std::size_t dataBytes =
      0;  ///< Each event carries `data` of so many bytes of JSON, a text; 0 = none, else at least 2.
  std::uint64_t firstItem = 1;
  std::uint64_t hotUniverse = 0;  ///< 0 = every event its own item; N = 90 % of events on 1 % of N items.
  std::uint64_t seed = 1;
  std::string sentLog;  ///< File for `item scheduledNs sentNs ackedNs` lines, one per request; empty = none.
};

}  // namespace lull::bench
