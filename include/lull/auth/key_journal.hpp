#pragma once

#include <cstddef>
#include <string_view>

namespace lull::auth {

/// The outcome of fetching the keys that tokens are checked with: the first time, the first failure, and the first
/// success after it.
struct KeyLine {
  std::string_view source;   ///< URL of the issuer or its keys
  std::size_t count = 0;     ///< keys that can be used
  bool cached = false;       ///< there are keys from before
  std::string_view failure;  ///< a sentence; empty: they were fetched
};

/// Takes the outcomes of fetching keys; the composition root gives it a log. Thread-safe; no call may throw.
class KeyJournal {
 public:
  virtual ~KeyJournal() = default;
  virtual void keys(const KeyLine& line) = 0;  ///< Information, a failure is a Warning
};

}  // namespace lull::auth
