#pragma once

#include <lull/ports/attempt_feed.hpp>
#include <lull/redis/shard.hpp>

namespace lull::redis {

/// The attempt logs of many endpoints. First it asks each log for its newest attempt, which tells which logs have
/// changed and how recently, and then those for more. Thread-safe. What cannot be read is left out here; whoever looks
/// at the log of that endpoint sets it aside.
class AttemptFeedStore : public ports::AttemptFeed {
 public:
  explicit AttemptFeedStore(Shard& shard) : shard_(shard) {}

  Result<std::vector<ports::LoggedAttempt>> newest(const std::vector<EndpointId>& ids, std::size_t most,
                                                   ports::AttemptMarks& marks) override;

 private:
  struct Changed;
  struct Wanted;

  Result<std::vector<std::vector<std::string>>> read(const std::vector<Wanted>& logs);
  Result<std::vector<Changed>> changed(const std::vector<EndpointId>& ids, const ports::AttemptMarks& marks);

  Shard& shard_;
};

}  // namespace lull::redis
