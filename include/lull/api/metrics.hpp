#pragma once

#include <lull/domain/result.hpp>
#include <lull/ports/brokers.hpp>
#include <lull/ports/meter.hpp>
#include <lull/ports/sources.hpp>
#include <lull/ports/stats.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lull::api {

/// The numbers of this process and their Prometheus text (exposition format 0.0.4). Thread-safe.
class Metrics : public ports::Meter {
 public:
  /// `version` becomes the label of lull_build_info.
  explicit Metrics(const std::string& version);
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void attempt(std::string_view outcome, Millis duration) override;
  void deliveryLag(Millis lag) override;
  void inFlight(std::int64_t attempts) override;
  void leasesReclaimed(std::uint64_t leases) override;
  void claimInVain() override;
  void redisError() override;
  void clockOffset(Millis fleet, Millis server) override;

  /// Counts a connection for which the system gave no thread.
  void threadMissing();

  /// What other parts of this process count.
  struct Elsewhere {
    std::uint64_t logLinesLost = 0;
    std::size_t pollsWaiting = 0;
    std::vector<ports::BrokerStatus> brokers{};
  };
  /// The whole page. When `fleet` is an error its numbers are left out, and those of this process are served anyway.
  std::string text(const Result<ports::FleetCounters>& fleet, const std::vector<ports::SourceStatus>& sources,
                   const Elsewhere& elsewhere) const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace lull::api
