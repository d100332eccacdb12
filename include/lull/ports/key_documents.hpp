#pragma once

#include <lull/domain/result.hpp>

#include <string>

namespace lull::ports {

/// Fetches what the issuer of access tokens publishes: its discovery document and its key set.
class KeyDocuments {
 public:
  virtual ~KeyDocuments() = default;
  /// The body of a 200 answer to GET. Anything else (a redirect, another status, a body over the cap, no whole answer
  /// within the deadline) is an error: one sentence that names the URL and repeats nothing of the answer. Blocks until
  /// then; one call at a time.
  virtual Result<std::string> get(const std::string& url) = 0;
  /// Makes a running get() return at once, and every later one. From any thread.
  virtual void stop() = 0;
};

}  // namespace lull::ports
