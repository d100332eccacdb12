#include <lull/runtime/log.hpp>
#include <lull/sources/queue_loop.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <utility>

namespace lull::sources {

namespace {

constexpr Millis kFirstQueuePause{500};
constexpr Millis kLongestQueuePause{5'000};
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
      backoff_(kFirstQueuePause, kLongestQueuePause) {}

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
  batch_.reset();
  if (!inUse_) return;
  ports_.queue.leave();
  inUse_ = false;
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
    due_ = now();
    toldEmpty_ = false;
  }
  const auto step = now() >= due_ ? this->step() : Step::Rest;
  const bool asked = endStep() != answered_;
  if (step == Step::Again || asked) return std::chrono::nanoseconds(0);
  return due_ > now() ? std::chrono::nanoseconds(due_ - now()) : kUntilWoken;
}

QueueLoop::Step QueueLoop::step() {
  inUse_ = true;
  // The broker hands them out again, so that they are read then.
  if (batch_ && !ports_.queue.connected()) batch_.reset();
  if (!batch_) {
    auto taken = ports_.queue.take(settings_.most);
    if (!taken) return fail(taken.error().message);
    if (taken->empty()) {
      noteEmpty();
      return Step::Rest;
    }
    if (std::exchange(toldEmpty_, false)) trouble_.clear();
    batch_ = sorted(*std::move(taken));
  }
  if (stopping() || !holds()) return Step::Again;
  if (!batch_->events.empty()) {
    // They are needed again when they cannot be admitted now.
    const auto receipt = ports_.admission.admit(batch_->events, scope_, kKeepMessageIds);
    if (!receipt) return fail("The events could not be admitted, and their messages stay: " + receipt.error().message);
    batch_->events.clear();
  }
  return finish();
}

QueueLoop::Batch QueueLoop::sorted(std::vector<ports::QueueMessage> messages) const {
  Batch batch;
  for (auto& message : messages) {
    if (message.writtenAt && (!batch.oldest || *message.writtenAt < *batch.oldest)) batch.oldest = message.writtenAt;
    auto event = eventOf(message);
    if (event) {
      batch.events.push_back(*std::move(event));
      batch.done.push_back(message.tag);
    } else {
      if (batch.refused.empty()) batch.firstIsLong = message.tooLong;
      batch.refused.push_back({message.tag, event.error().message});
      batch.names.push_back(nameOf(message));
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
  const auto admitted = batch_->done.size();
  if (auto finished = ports_.queue.finish(batch_->done, batch_->refused); !finished) {
    const bool acknowledged = ports_.queue.connected();
    if (acknowledged) {
      batch_->done.clear();
    } else {
      batch_.reset();
    }
    return fail(finished.error().message, acknowledged ? admitted : 0);
  }
  backoff_.reset();
  failure_.clear();
  if (!batch_->refused.empty()) tellOfRefused(*batch_);
  ports::SourceNote done;
  done.state = ports::SourceState::Running;
  done.ended = true;
  done.error = trouble_;
  done.admitted = admitted;
  done.setAside = batch_->refused.size();
  done.oldest = batch_->oldest;
  done.unknown = !batch_->oldest;
  batch_.reset();
  note(done);
  return Step::Again;
}

void QueueLoop::tellOfRefused(const Batch& batch) {
  for (std::size_t i = 0; i < batch.refused.size(); ++i) {
    runtime::log(runtime::LogLevel::Warning, "Lull.Sources", "a message is no event, and was set aside",
                 {{"source", settings_.name}, {"messageId", batch.names[i]}, {"reason", batch.refused[i].reason}});
  }
  const auto many = batch.refused.size() == 1 ? "A message "
                                              : std::to_string(batch.refused.size()) + " messages were set aside; one ";
  trouble_ = many + (batch.names.front().starts_with("without") ? "" : "with the id ") + batch.names.front() +
             " is no event, and was set aside: " + batch.refused.front().reason;
  raise(trouble_ + " " + (batch.firstIsLong ? settings_.whitherLong : settings_.whither));
}

void QueueLoop::noteEmpty() {
  if (toldEmpty_ || !ports_.queue.empty()) return;
  toldEmpty_ = true;
  backoff_.reset();
  failure_.clear();
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
  note(failed);
  return Step::Rest;
}

}  // namespace lull::sources
