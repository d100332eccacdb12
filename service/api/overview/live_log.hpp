#pragma once

#include "overview/kept_reading.hpp"

#include <lull/api/server.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lull::api {

/// One line of the live view.
struct LiveAttempt {
  ports::LoggedAttempt logged;
  std::string endpointName;
};

struct LiveView {
  Instant at;
  std::vector<LiveAttempt> attempts;  ///< the newest first; of each outcome up to LiveLog::kMost
};

/// Where the lines come from.
struct LiveSources {
  ports::AttemptFeed& feed;
  ports::EndpointStore& endpoints;
  ports::Clock& clock;
};

/// The newest attempts over the endpoints of one owner, or over all. It is read while somebody asks, at most every two
/// seconds, and remembers what it found: of each outcome the newest, so that few failures among many successes are
/// still there. Thread-safe.
class LiveLog {
 public:
  static constexpr std::size_t kMost = 100;

  explicit LiveLog(std::chrono::seconds kept = std::chrono::seconds(2)) : kept_(kept) {}

  /// `owner` is always the same.
  Result<std::shared_ptr<const LiveView>> get(const LiveSources& sources, const std::optional<std::string>& owner);

 private:
  Result<std::shared_ptr<const LiveView>> read(const LiveSources& sources, const std::optional<std::string>& owner);

  ports::AttemptMarks marks_;                // used by the one reader that KeptReading lets in, as the next one
  std::vector<ports::LoggedAttempt> known_;  // the newest first
  KeptReading<std::shared_ptr<const LiveView>> kept_;
};

}  // namespace lull::api
