#pragma once

#include "bell.hpp"

#include <lull/api/body_reader.hpp>
#include <lull/api/part_reader.hpp>
#include <lull/config/settings.hpp>
#include <lull/ports/admission.hpp>
#include <lull/ports/message_queue.hpp>
#include <lull/ports/outbox_table.hpp>
#include <lull/redis/source_store.hpp>
#include <lull/runtime/deadline.hpp>
#include <lull/runtime/supervisor.hpp>
#include <lull/sources/source_loop.hpp>

#include <memory>
#include <string>
#include <vector>

namespace lull::app {

/// The sources of the settings: what is known of them, and a loop for each.
class SourceParts {
 public:
  /// An error when the settings name a source that this build has no adapter for.
  static Status check(const config::Settings& settings);

  /// What is passed outlives this object.
  SourceParts(const config::Settings& settings, redis::Shard& shard, ports::Admission& admission, ports::Alerts& alerts,
              const Catalogue& catalogue);

  ports::Sources& view() { return store_; }
  /// Starts a thread for each source, and one that holds their leases; none without a source.
  void start(runtime::Supervisor& threads);
  /// No batch begins after it.
  void stopStarting();
  /// Waits for the batches that run. Statements that last longer are cut off.
  void finish(runtime::Supervisor& threads, const runtime::Deadline& deadline);
  /// After finish(): waits until what was cut off is rolled back. Then the leases are given up.
  void awaitRollback(runtime::Supervisor& threads, const runtime::Deadline& deadline);

 private:
  void add(const config::SourceSettings& source, const config::Settings& settings, ports::Admission& admission,
           ports::Alerts& alerts);

  Bell<> asked_;
  redis::SourceStore store_;
  api::PartReader parts_;
  api::BodyReader bodies_;
  std::vector<std::unique_ptr<ports::OutboxTable>> tables_;
  std::vector<std::unique_ptr<ports::MessageQueue>> queues_;
  std::vector<std::unique_ptr<sources::LeasedLoop>> loops_;
  std::unique_ptr<sources::SourceLoop> holder_;
};

}  // namespace lull::app
