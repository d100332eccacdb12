#pragma once

#include <cstddef>
#include <string_view>

namespace lull::auth {

/// The keys that tokens are checked with were fetched for the first time or again after a failure, or could not be.
struct KeyLine {
  std::string_view source;   ///< URL of the issuer or its keys
  std::size_t count = 0;     ///< keys that can be used
  bool cached = false;       ///< there are keys from before
  std::string_view failure;  ///< a sentence; empty: they were fetched
};

/// Where it is written what became of fetching keys; the composition root gives it a log. Thread-safe; no call may
/// throw.
class KeyJournal {
 public:
  virtual ~KeyJournal() = default;
  virtual void keys(const KeyLine& line) = 0;  ///< Information, a failure is a Warning
};

}  // namespace lull::auth
