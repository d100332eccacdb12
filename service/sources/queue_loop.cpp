#include <lull/runtime/log.hpp>
#include <lull/sources/queue_loop.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace lull::sources {

namespace {

constexpr Millis kFirstQueuePause{500};
constexpr Millis kLongestQueuePause{5'000};
// Each attempt may put a copy into those queues that do take the message.
constexpr Millis kLongestAsidePause{60'000};
// A broker may hand a message out again for so long, and its event is still known then.
constexpr Millis kKeepMessageIds = std::chrono::days(7);
constexpr auto kUntilWoken = std::chrono::hours(1);

/// What people call a message by.
std::string nameOf(const ports::QueueMessage& message) {
  constexpr std::size_t kMostShown = 200;
  if (message.id.empty()) return "without a message id";
  return text::printable(std::string_view(message.id).substr(0, kMostShown));
}

}  // namespace

// The scope of a credential holds no line break, so the ids of messages are nobody else's.
QueueLoop::QueueLoop(QueueSettings settings, QueuePorts ports, std::function<Ticks()> ticks)
    : LeasedLoop(settings.name, {"the broker", "See whether the broker answers."}, ports.store, ports.alerts,
                 std::move(ticks)),
      settings_(std::move(settings)),
      ports_(ports),
      scope_("\nrabbitmq " + settings_.name),
      backoff_(kFirstQueuePause, kLongestQueuePause),
      asideBackoff_(kFirstQueuePause, kLongestAsidePause) {}

// After an exception, too, which the supervisor has survived: what was taken then and is not known any more must be
// handed out again, and nothing may be acknowledged that comes after it.
void QueueLoop::run() {
  rest();
  while (!stopping()) {
    const auto rest = turn();
    if (rest > std::chrono::nanoseconds(0) && !stopping()) ports_.queue.wait(rest);
  }
  rest();
}

void QueueLoop::stop() {
  beginToStop();
  ports_.queue.wake();
}

// Whoever holds the source next gets what was not acknowledged, in its order.
void QueueLoop::rest() {
  forget();
  if (!inUse_) return;
  ports_.queue.leave();
  inUse_ = false;
}

void QueueLoop::forget() {
  batch_.reset();
  refused_.clear();
}

std::chrono::nanoseconds QueueLoop::turn() {
  if (!holds()) {
    due_ = now();
    // To leave is to wait for the broker, which may take in a wake-up that was for the next turn.
    const bool left = inUse_;
    rest();
    return left ? std::chrono::nanoseconds(0) : kUntilWoken;
  }
  if (const auto asked = beginStep(); asked != answered_) {
    answered_ = asked;
    due_ = asideDue_ = now();
    toldEmpty_ = false;
  }
  const auto step = now() >= due_ ? this->step() : Step::Rest;
  const bool asked = endStep() != answered_;
  if (step == Step::Again || asked) return std::chrono::nanoseconds(0);
  if (due_ > now()) return due_ - now();
  return refused_.empty() ? std::chrono::nanoseconds(kUntilWoken) : std::max(asideDue_ - now(), Ticks::duration(0));
}

QueueLoop::Step QueueLoop::step() {
  inUse_ = true;
  // The broker hands them out again, so that they are read then.
  if (!ports_.queue.connected()) forget();
  if (!batch_) {
    auto taken = ports_.queue.take(settings_.most);
    if (!taken) return fail(taken.error().message);
    if (!taken->empty()) {
      if (std::exchange(toldEmpty_, false)) trouble_.clear();
      batch_ = sorted(*std::move(taken));
    } else if (refused_.empty() || now() < asideDue_) {
      noteEmpty();
      return Step::Rest;
    }
  }
  if (stopping() || !holds()) return Step::Again;
  if (batch_ && !batch_->events.empty()) {
    // They are needed again when they cannot be admitted now.
    const auto receipt = ports_.admission.admit(batch_->events, scope_, kKeepMessageIds);
    if (!receipt) return fail("The events could not be admitted, and their messages stay: " + receipt.error().message);
    batch_->events.clear();
  }
  return finish();
}

QueueLoop::Batch QueueLoop::sorted(std::vector<ports::QueueMessage> messages) {
  Batch batch;
  for (auto& message : messages) {
    if (message.writtenAt && (!batch.oldest || *message.writtenAt < *batch.oldest)) batch.oldest = message.writtenAt;
    auto event = eventOf(message);
    if (event) {
      batch.events.push_back(*std::move(event));
      batch.done.push_back(message.tag);
    } else {
      refused_.push_back({{message.tag, event.error().message}, nameOf(message), message.tooLong});
    }
  }
  return batch;
}

// The id of the message goes before one that the event has itself: a relay numbers what it sends.
Result<Event> QueueLoop::eventOf(const ports::QueueMessage& message) const {
  if (message.tooLong)
    return Error{ErrorCode::InvalidInput, "Its body is longer than 256 KiB, the most that one event may take."};
  auto event = ports_.reader.read(message.text);
  if (event && !message.id.empty()) {
    event->id = message.id;
    event->source.clear();
  }
  return event;
}

QueueLoop::Step QueueLoop::finish() {
  ports::SourceNote done;
  done.ended = true;
  if (batch_) {
    if (const auto status = ports_.queue.acknowledge(batch_->done); !status) {
      forget();
      return fail(status.error().message);
    }
    done.admitted = batch_->done.size();
    done.oldest = batch_->oldest;
    done.unknown = !batch_->oldest;
    batch_.reset();
  }
  if (!refused_.empty() && now() >= asideDue_) {
    if (const auto status = setAside(done); !status) {
      forget();
      return fail(status.error().message, done.admitted);
    }
  }
  backoff_.reset();
  failure_.clear();
  const bool failing = !refused_.empty() && !asideFailure_.empty();
  done.state = failing ? ports::SourceState::Failing : ports::SourceState::Running;
  done.error = failing ? asideFailure_ : trouble_;
  note(done);
  return Step::Again;
}

Status QueueLoop::setAside(ports::SourceNote& note) {
  std::vector<ports::RefusedMessage> messages;
  for (const auto& refused : refused_) messages.push_back(refused.message);
  auto result = ports_.queue.setAside(messages);
  if (!result) return std::move(result).error();
  const auto isThere = [&](const Refused& refused) {
    return std::ranges::find(result->there, refused.message.tag) != result->there.end();
  };
  const auto gone = std::ranges::stable_partition(refused_, std::not_fn(isThere));
  const std::vector<Refused> aside(gone.begin(), gone.end());
  refused_.erase(gone.begin(), gone.end());
  if (!aside.empty()) tellOfRefused(aside);
  note.setAside = aside.size();
  if (result->trouble.empty()) {
    asideBackoff_.reset();
    asideFailure_.clear();
    return Done{};
  }
  // The first one may be what nobody confirms. The next round begins with another, so that it holds up none for ever.
  if (aside.empty() && refused_.size() > 1) std::ranges::rotate(refused_, refused_.begin() + 1);
  note.failures = 1;
  asideDue_ = now() + asideBackoff_.next();
  if (std::exchange(asideFailure_, result->trouble) != result->trouble) raise(result->trouble);
  return Done{};
}

void QueueLoop::tellOfRefused(const std::vector<Refused>& aside) {
  for (const auto& [message, name, tooLong] : aside) {
    runtime::log(runtime::LogLevel::Warning, "Lull.Sources", "a message is no event, and was set aside",
                 {{"source", settings_.name}, {"messageId", name}, {"reason", message.reason}});
  }
  const auto& first = aside.front();
  const auto many = aside.size() == 1 ? "A message " : std::to_string(aside.size()) + " messages were set aside; one ";
  trouble_ = many + (first.name.starts_with("without") ? "" : "with the id ") + first.name +
             " is no event, and was set aside: " + first.message.reason;
  raise(trouble_ + " " + (first.tooLong ? settings_.whitherLong : settings_.whither));
}

void QueueLoop::noteEmpty() {
  if (toldEmpty_ || !ports_.queue.empty()) return;
  toldEmpty_ = true;
  backoff_.reset();
  failure_.clear();
  asideFailure_.clear();
  ports::SourceNote empty;
  empty.state = ports::SourceState::Waiting;
  empty.ended = true;
  empty.error = trouble_;
  empty.empty = true;
  note(empty);
}

QueueLoop::Step QueueLoop::fail(const std::string& sentence, std::size_t admitted) {
  due_ = now() + backoff_.next();
  toldEmpty_ = false;
  if (std::exchange(failure_, sentence) != sentence) raise(sentence);
  auto failed = failureNote(sentence);
  failed.admitted = admitted;
  if (batch_) failed.oldest = batch_->oldest;
  failed.unknown = !failed.oldest;
  note(failed);
  return Step::Rest;
}

}  // namespace lull::sources
