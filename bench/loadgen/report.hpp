#pragma once

#include "common/histogram.hpp"
#include "loadgen/connection.hpp"
#include "loadgen/options.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lull::bench {

/// Collects the replies of one load. Latency is reply − schedule; service time is reply − send. They differ when the
/// generator had no free connection (or, if `sendDelay` is large with free ones, when it was itself too slow).
class Report {
 public:
  explicit Report(const LoadOptions& options) : options_(&options) {}

  void begin(std::int64_t nowNs, std::int64_t warmupNs);
  void response(const Connection::Request& request, int status, std::int64_t nowNs);
  void failure() { ++failures_; }
  void reconnect() { ++reconnects_; }
  void end(std::int64_t nowNs, std::size_t unanswered);

  /// Counts cover the whole load; `measured` and the times only what was scheduled after the warm-up.
  [[nodiscard]] nlohmann::json toJson(std::uint64_t eventsPerRequest) const;
  /// False when the file cannot be written.
  [[nodiscard]] bool writeSentLog() const;

 private:
  struct Sent {
    Connection::Request request;
    std::int64_t ackedNs;
  };

  const LoadOptions* options_;
  std::int64_t beginNs_ = 0;
  std::int64_t measureFromNs_ = 0;
  std::int64_t endNs_ = 0;
  std::int64_t lastReplyNs_ = 0;
  double cpuAtBegin_ = 0;
  double cpuSeconds_ = 0;
  std::map<int, std::uint64_t> statuses_;
  std::uint64_t succeeded_ = 0;
  std::uint64_t measured_ = 0;  ///< Successes that came back after the warm-up.
  std::uint64_t failures_ = 0;
  std::uint64_t reconnects_ = 0;
  std::size_t unanswered_ = 0;
  Histogram latency_;
  Histogram serviceTime_;
  Histogram sendDelay_;
  std::vector<Sent> sent_;
};

}  // namespace lull::bench
