#include "admission_batch.hpp"

#include <utility>

/// The call that a caller makes by itself, because it found nobody at work.
namespace lull::redis {

/// What came of one call: what it made due, and behind it the firing of that.
struct AdmissionPipeline::Led {
  ports::DueNote note;
  std::optional<FiringAtOnce::Firing> firing;
  Reply fired;                 // the answer to the firing
  bool admittedAfter = false;  // the admission was refused and made again, so the firing does not know its windows
};

/// Makes one call and leaves. Only who took the work on may. Attempts are started only after that, so that nobody waits
/// for them to make the next call.
void AdmissionPipeline::lead() {
  auto led = callOnce();
  if (led.firing) {
    const auto fired = firing_->ended(*std::move(led.firing), led.fired);
    // It names what is due first now, the windows of this admission among them, if they are left.
    if (fired.done && !led.admittedAfter) led.note.window = fired.next;
  }
  tell(led.note);
}

// Sends one batch, and behind it what fires its windows if they are due at once.
AdmissionPipeline::Led AdmissionPipeline::callOnce() {
  const AtWork atWork(*this);
  auto borrowed = shard_.borrow();
  if (!borrowed) {
    failAll(borrowed.error());
    return {};
  }
  auto& connection = **borrowed;
  auto batch = nextBatch();
  if (!batch) return {};
  auto firing = firing_ != nullptr ? firing_->begin(batch->changeTypes(), batch->events) : std::nullopt;
  std::vector<Command> commands;
  commands.push_back(std::move(batch->command));
  if (firing) commands.push_back(firing->command(shard_.scripts()));
  auto replies = connection.pipeline(commands);
  batch->command = std::move(commands.front());
  if (!replies) {
    settle(*batch, shard_.failure(replies.error()));
    return {};
  }
  const bool refused = isRefused(replies->front());
  auto admitted =
      refused ? again(connection, batch->command, std::move(replies->front())) : std::move(replies->front());
  auto note = settle(*batch, admitted ? std::move(admitted) : shard_.failure(admitted.error()));
  return {std::move(note), std::move(firing), std::move(replies->back()), refused};
}

}  // namespace lull::redis
