#pragma once

#include <lull/ports/sources.hpp>
#include <lull/redis/shard.hpp>

#include <functional>
#include <string>
#include <vector>

namespace lull::redis {

/// Sources in Redis (lib/source.lua). Thread-safe.
class SourceStore : public ports::Sources, public ports::SourceWork {
 public:
  /// `names`: the sources of the settings. `onAsked` is called when somebody asked for a run here; it may not block.
  SourceStore(Shard& shard, std::vector<ports::SourceName> names, std::function<void()> onAsked);

  Result<std::vector<ports::SourceStatus>> list() override;
  Status run(const std::string& name) override;

  Result<std::vector<ports::SourceTurn>> take(const std::vector<std::string>& names) override;
  Status release(const std::vector<std::string>& names) override;
  Result<bool> note(const std::string& name, const ports::SourceNote& note) override;

 private:
  Result<Reply> takeFor(Millis lease, const std::vector<std::string>& names);

  Shard& shard_;
  const std::vector<ports::SourceName> names_;
  const std::function<void()> onAsked_;
  const std::string token_;  ///< names this process in the leases
};

}  // namespace lull::redis
