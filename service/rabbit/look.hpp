#pragma once

#include <chrono>
#include <cstdint>

namespace lull::rabbit {

/// Whether the queue is known to be empty, and when the broker is asked. It is asked at once when nothing has arrived;
/// where messages wait that it hands to another consumer, once in a second.
class Look {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  bool isDue(Moment now) const { return state_ == State::Unknown && now >= notBefore_; }
  void asked() { state_ = State::Asked; }
  void answered(std::uint32_t messages, Moment now) {
    if (state_ != State::Asked) return;  // a message has come since, and the answer is old
    state_ = messages == 0 ? State::Empty : State::Unknown;
    if (messages > 0) notBefore_ = now + std::chrono::seconds(1);
  }
  void arrived() {
    state_ = State::Unknown;
    notBefore_ = {};
  }
  bool isEmpty() const { return state_ == State::Empty; }

 private:
  enum class State : std::uint8_t { Unknown, Asked, Empty };
  State state_ = State::Unknown;
  Moment notBefore_{};
};

}  // namespace lull::rabbit
