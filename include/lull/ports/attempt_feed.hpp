#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace lull::ports {

struct LoggedAttempt {
  EndpointId endpoint;
  AttemptRecord attempt;
};

/// How far the attempt logs of endpoints were read. Whoever reads them keeps it from one reading to the next.
using AttemptMarks = std::map<EndpointId, std::string>;

/// The attempt logs of many endpoints, read together. Thread-safe.
class AttemptFeed {
 public:
  virtual ~AttemptFeed() = default;
  /// What the logs of these endpoints got since `marks`, the newest first, and moves the marks: an endpoint whose log
  /// is as it was costs next to nothing. The newest `most` of all are among them whatever log they stand in; of a log
  /// that got more since, some of the older ones are left out.
  virtual Result<std::vector<LoggedAttempt>> newest(const std::vector<EndpointId>& ids, std::size_t most,
                                                    AttemptMarks& marks) = 0;
};

}  // namespace lull::ports
