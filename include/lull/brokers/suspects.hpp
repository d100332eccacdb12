#pragma once

#include <lull/brokers/delivery.hpp>
#include <lull/brokers/session.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace lull::brokers {

/// Which messages are suspected, for brokers that end the connection at a message without saying which one it is. Those
/// that were under way then are published one at a time until as many have ended, so that only the one at fault is
/// charged. It outlives the connections of one broker. Used by one thread at a time: that of the link.
class Suspects {
 public:
  /// How many messages are published and not confirmed: all, and those of them that somebody waits for. The others were
  /// given up: they may be at fault, too, but are not published again.
  struct UnderWay {
    std::size_t all = 0;
    std::size_t awaited = 0;
  };

  /// Whether messages are published one at a time now.
  bool any() const { return suspected_ > 0; }

  /// Why a delivery to `broker` waits by no fault of its own: others go one at a time before it. Nothing when it was
  /// published, or when there are no suspects (Session::heldBack).
  std::optional<std::string> heldBack(const Delivery& delivery, const std::string& broker) const;

  /// A message has ended, whatever came of it.
  void oneEnded() {
    if (suspected_ > 0) --suspected_;
  }

  /// The broker has said that it ended the connection because of a message, but not which. Whether it can only be the
  /// one that somebody waits for, which is to be charged then.
  [[nodiscard]] bool accuse(UnderWay messages);

  /// A connection was lost that had stood for so long. Once is nothing; a row of short connections that all end with
  /// awaited messages under way is taken for the work of one of them. Whether it is to be charged, as above.
  [[nodiscard]] bool lost(const Loss& loss, std::chrono::steady_clock::duration stood, UnderWay messages);

 private:
  std::size_t suspected_ = 0;
  int row_ = 0;  // so many short connections have ended with messages under way
};

}  // namespace lull::brokers
