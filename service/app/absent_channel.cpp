#include "absent_channel.hpp"

namespace lull::app {

void AbsentChannel::deliver(ports::DeliveryRequest, Callback done) {
  constexpr Millis kUntilNextLook{60'000};
  AttemptResult result;
  result.outcome = Outcome::Released;
  result.failure = FailureClass::Local;
  result.sentence = sentence_;
  result.retryAfter = kUntilNextLook;
  result.parks = true;
  done(std::move(result));
}

}  // namespace lull::app
