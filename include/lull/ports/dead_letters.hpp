#pragma once

#include <lull/domain/dead_letter.hpp>
#include <lull/domain/page.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace lull::ports {

struct DeadLetterPage : Page<DeadLetter> {
  std::uint64_t total = 0;
  bool totalIsExact = true;  ///< counted up to 10,000
};

struct DeadLetterDetail {
  DeadLetter letter;
  std::vector<AttemptRecord> attempts;  ///< oldest first
};

/// The outcome of a bulk call. It handles at most 10,000 letters, oldest first, and none that died, or died again,
/// after it began.
struct BulkRequest {
  DeadLetterFilter filter;
  bool includeSuperseded = false;
  bool dryRun = false;
};

struct BulkOutcome {
  std::uint64_t done = 0;       ///< letters that were retried or purged; in a dry run, that would be
  std::uint64_t skipped = 0;    ///< matched, but cannot be retried (deleted endpoint, superseded)
  std::uint64_t remaining = 0;  ///< matched and left for the next call
  bool appended = false;        ///< some were put at the ends of their lanes (`delivery: every`)
};

struct RetriedOne {
  bool appended = false;  ///< it was put at the end of its lane (`delivery: every`)
};

/// The dead-letter set. Thread-safe.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  virtual Result<DeadLetterPage> list(const DeadLetterFilter& filter, const PageRequest& page) = 0;
  virtual Result<DeadLetterDetail> find(const std::string& id) = 0;
  /// Conflict when it is superseded, its endpoint was deleted or has no room in its queue, or it died again during the
  /// call.
  virtual Result<RetriedOne> retryOne(const std::string& id) = 0;
  virtual Result<BulkOutcome> retryMany(const BulkRequest& request) = 0;
  /// Conflict when it died again during the call.
  virtual Status purgeOne(const std::string& id) = 0;
  virtual Result<BulkOutcome> purgeMany(const BulkRequest& request) = 0;
  /// The names of the endpoints of letters, also after an endpoint was deleted; one that is not known is empty, or
  /// missing. However many are asked for, the store is called twice at most.
  virtual Result<std::map<EndpointId, std::string>> endpointNames(const EndpointIds& ids) = 0;
};

/// Removes dead letters that are older than DeadLetters:Retention. Thread-safe.
class DeadLetterRetention {
 public:
  virtual ~DeadLetterRetention() = default;
  /// Removes letters that died before `before`, counted as expired, page by page until `stop`; returns how many.
  virtual Result<std::uint64_t> expire(Instant before, const std::stop_token& stop) = 0;
};

}  // namespace lull::ports
