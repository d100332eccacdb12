#pragma once

#include <lull/ports/calls.hpp>
#include <lull/redis/shard.hpp>

namespace lull::redis {

/// The calls within requests, in the attempt logs of their endpoints. Thread-safe.
class CallStore : public ports::CallLog {
 public:
  explicit CallStore(Shard& shard) : shard_(shard) {}

  std::string messageId(const EndpointId& endpoint, std::uint64_t sequence) override;
  Status write(Instant now, const std::vector<ports::CallRecord>& calls) override;

 private:
  Shard& shard_;
};

}  // namespace lull::redis
