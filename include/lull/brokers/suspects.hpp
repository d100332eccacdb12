#pragma once

#include <lull/brokers/session.hpp>

#include <chrono>
#include <cstddef>

namespace lull::brokers {

/// Which messages are suspected, for brokers that end the connection at a message without saying which one it is. Those
/// that were under way then are published one at a time until as many have ended, so that only the one at fault is
/// charged. It outlives the connections of one broker. Used by one thread at a time: that of the link.
class Suspects {
 public:
  /// Whether messages are published one at a time now.
  bool any() const { return suspected_ > 0; }

  /// A message has ended, whatever came of it.
  void oneEnded() {
    if (suspected_ > 0) --suspected_;
  }

  /// The broker has said that it ended the connection because of a message, but not which. `awaited`: for how many of
  /// those under way somebody waits. Whether there is only one, which is to be charged then.
  [[nodiscard]] bool accuse(std::size_t awaited);

  /// A connection was lost that had stood for so long, with `awaited` messages under way for which somebody waits.
  /// Once is nothing; a row of short connections that all end so is taken for the work of a message. Whether the only
  /// one under way is to be charged.
  [[nodiscard]] bool lost(const Loss& loss, std::chrono::steady_clock::duration stood, std::size_t awaited);

 private:
  std::size_t suspected_ = 0;
  int row_ = 0;  // so many short connections have ended with messages under way
};

}  // namespace lull::brokers
