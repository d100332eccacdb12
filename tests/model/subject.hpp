#pragma once

#include "model/observation.hpp"
#include "model/reference.hpp"
#include "support/fixed_sign.hpp"
#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"

#include <lull/ports/meter.hpp>
#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/dead_letter_store.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/queue_store.hpp>
#include <lull/redis/queue_view_store.hpp>
#include <lull/redis/shard.hpp>
#include <lull/redis/stats_store.hpp>
#include <lull/redis/stream_store.hpp>
#include <lull/redis/window_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace lull::model {

using testing::NoMeter;

/// What the adapters of one process share.
struct Process {
  redis::Shard& shard;
  testing::ManualClock& clock;
};

/// The real adapters over one Redis database, as one process of the service holds them.
struct Adapters {
  Adapters(const Process& process, const Process& lagging, const Rules& rules);
  ~Adapters();
  Adapters(const Adapters&) = delete;
  Adapters& operator=(const Adapters&) = delete;

  testing::ManualClock& clock;
  testing::ManualClock& laggingClock;  ///< of another replica's admission
  redis::EndpointRegistry registry;
  redis::AdmissionPipeline admission;
  redis::AdmissionPipeline laggingAdmission;
  testing::FixedSign sign;
  redis::WindowStore windows;
  redis::StreamStore stream;
  redis::QueueStore queue;
  redis::QueueViewStore queueView;
  redis::DeadLetterStore letters;
  redis::StatsStore stats;

 private:
  std::thread admitting_;
  std::thread admittingLate_;
};

/// A Redis database of a worker's own, emptied for every sequence.
class Subject {
 public:
  /// `database` keeps workers on one server apart.
  Subject(redis::Address address, int database);

  /// Empties the database and builds adapters for the next sequence.
  Adapters& begin(const Rules& rules);
  /// What the handshake of a connection does after Redis was restarted with another run id.
  void restart();
  Observation observe(const EndpointNames& ids) { return observer_->look(ids); }
  std::string epoch() { return shard_.epoch(); }

 private:
  void attach();

  NoMeter meter_;
  testing::ManualClock clock_, laggingClock_;
  redis::Shard shard_;
  redis::Shard laggingShard_;
  std::unique_ptr<redis::Connection> connection_;  // for looking only
  std::optional<Observer> observer_;               // after the constructor: set
  std::unique_ptr<Adapters> adapters_;
  std::string runId_;
};

}  // namespace lull::model
