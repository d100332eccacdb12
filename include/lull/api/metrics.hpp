#pragma once

#include <lull/domain/result.hpp>
#include <lull/ports/meter.hpp>
#include <lull/ports/stats.hpp>

#include <cstdint>
#include <memory>
#include <string>

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
  void redisError() override;
  void clockOffset(Millis fleet, Millis server) override;

  /// A connection wanted a thread, and the system gave none.
  void threadMissing();

  /// The whole page. The fleet's part is left out when `fleet` is an error: what this process knows is served anyway.
  /// `logLinesLost` is counted where the log is.
  std::string text(const Result<ports::FleetCounters>& fleet, std::uint64_t logLinesLost) const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace lull::api
