#pragma once

#include <lull/domain/endpoint.hpp>

#include <string>
#include <utility>
#include <vector>

namespace lull::redis {

/// Stored values that cannot be read. They are set aside: moved into the hash `aside`, counted, and reported as an
/// alert.
struct Damage {
  enum class What { Message, Window, Letter, State, Stream };
  /// The key of the message, letter or window, or the event of the stream itself; and the value that a reader of ours
  /// could not read; with "" the script checks the form of the stored value instead.
  using Culprit = std::pair<std::string, std::string>;

  What what = What::Message;
  EndpointId endpoint;  ///< of windows: empty
  std::vector<Culprit> culprits;
};

/// One value of a hash or list that cannot be read.
struct StoredValue {
  std::string name;   ///< the field under which it is set aside: "<kind>|<endpoint>|<key>"
  std::string field;  ///< of a hash; empty: of a list
  std::string bytes;  ///< as it was read
  bool take = true;   ///< false: only a copy is set aside, and the value stays where it is
};

}  // namespace lull::redis
