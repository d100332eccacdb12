#include "admission_batch.hpp"
#include "admission_codec.hpp"
#include "reply_reader.hpp"

#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/keys.hpp>
#include <lull/text/random.hpp>

#include <algorithm>
#include <cstdlib>

namespace lull::redis {

namespace {

constexpr std::size_t kInFlight = 2;
// A script call takes no further event once it holds so many bytes: two calls are in flight, and each is held twice
// while it is sent.
constexpr std::size_t kMostBytes = std::size_t{2} << 20;

// The call was refused because the one before it was.
bool isPartAlone(const Reply& reply) {
  return reply.isError() && reply.text.starts_with("LULLPART");
}

Error stopped() {
  return {ErrorCode::Unavailable, "Lull is shutting down; send the events again."};
}

}  // namespace

AdmissionPipeline::AdmissionPipeline(Shard& shard, AdmissionSettings settings, OnDue onDue)
    : shard_(shard), settings_(settings), onDue_(std::move(onDue)), partKey_(shard.keys().part(text::randomId(16))) {}

AdmissionPipeline::~AdmissionPipeline() = default;

Result<AdmissionReceipt> AdmissionPipeline::admit(std::vector<Event> events, std::string_view scope,
                                                  std::optional<Millis> keepIds) {
  if (events.empty()) return AdmissionReceipt{};
  auto request = std::make_shared<Request>();
  request->keepIds = keepIds.value_or(settings_.idempotencyWindow);
  request->events.reserve(events.size());
  for (auto& event : events) {
    request->events.push_back(packEvent(event, scope));
    event = Event{};  // so that its content is held only once while it waits
  }
  auto answer = request->done.get_future();
  bool leads = false;
  {
    std::lock_guard guard(mutex_);
    if (stopping_) return stopped();
    if (waitingEvents_ + events.size() > settings_.mostWaiting) {
      return shard_.failure(
          Error{ErrorCode::Unavailable, "Redis is too slow for the events that arrive; send them again later."});
    }
    waitingEvents_ += events.size();
    waiting_.push_back(std::move(request));
    leads = !atWork_ && events.size() <= settings_.batch;
    atWork_ = atWork_ || leads;
  }
  if (leads) {
    lead();
  } else {
    work_.notify_one();
  }
  return answer.get();
}

void AdmissionPipeline::stop() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
}

/// Waits until there is something to do that nobody is at, and takes it on; false: the pipeline has stopped.
bool AdmissionPipeline::waitForWork() {
  std::unique_lock guard(mutex_);
  work_.wait(guard, [this] { return !atWork_ && (stopping_ || !waiting_.empty()); });
  atWork_ = !waiting_.empty();
  return atWork_;
}

/// Who was at work ends; what came meanwhile is for the thread of run().
void AdmissionPipeline::leave() {
  {
    std::lock_guard guard(mutex_);
    atWork_ = false;
    if (waiting_.empty() && !stopping_) return;
  }
  work_.notify_one();
}

std::optional<AdmissionPipeline::Batch> AdmissionPipeline::nextBatch() {
  Batch batch;
  {
    std::lock_guard guard(mutex_);
    std::size_t bytes = 0;
    while (batch.events < settings_.batch && bytes < kMostBytes && !waiting_.empty()) {
      auto& request = waiting_.front();
      if (request->failed) {
        waitingEvents_ -= request->events.size() - request->taken;
        waiting_.pop_front();
        continue;
      }
      if (batch.slices.empty()) batch.keepIds = request->keepIds;
      if (batch.keepIds != request->keepIds) break;  // one call remembers all its ids for the same time
      const auto most = std::min(settings_.batch - batch.events, request->events.size() - request->taken);
      std::size_t count = 0;
      for (; count < most && bytes < kMostBytes; ++count)
        bytes += request->events[request->taken + count].payload.size();
      batch.slices.push_back({request, request->taken, count});
      batch.events += count;
      request->taken += count;
      if (request->taken == request->events.size()) waiting_.pop_front();
    }
    waitingEvents_ -= batch.events;
  }
  if (batch.events == 0) return std::nullopt;
  batch.command = commandFor(batch);
  return batch;
}

Command AdmissionPipeline::commandFor(const Batch& batch) {
  const auto& names = shard_.keys();
  const std::vector<std::string> keys{names.meta(),     names.counters(),     names.windowIndex(), names.windows(),
                                      names.eventIds(), names.eventIdOrder(), names.stream(),      partKey_};
  const auto after = batch.beginsInside() ? std::to_string(parts_) : "";
  const auto token = batch.endsInside() ? std::to_string(++parts_) : "";
  std::vector<std::string> arguments{std::to_string(millisOf(shard_.now())),
                                     std::to_string(settings_.interval.count()),
                                     std::to_string(settings_.maxWait.count()),
                                     std::to_string(batch.keepIds.count()),
                                     std::to_string(batch.events),
                                     after,
                                     token};
  for (const auto& slice : batch.slices) {
    for (std::size_t i = slice.first; i < slice.first + slice.count; ++i) {
      auto& event = slice.request->events[i];
      for (auto* part : {&event.key, &event.occurredAt, &event.traceparent, &event.payload, &event.id}) {
        arguments.push_back(std::move(*part));
      }
    }
  }
  return shard_.scripts()["admit"].call(keys, std::move(arguments));
}

void AdmissionPipeline::run() {
  while (waitForWork()) work();
}

/// Makes calls until there is no work, and leaves. Only who took the work on may.
void AdmissionPipeline::work() {
  const AtWork atWork(*this);
  auto borrowed = shard_.borrow();
  if (!borrowed) return failAll(borrowed.error());
  serve(**borrowed);
}

// Keeps up to two batches in flight until there is no work or the connection broke.
void AdmissionPipeline::serve(Connection& connection) {
  std::deque<Batch> inFlight;
  const auto fail = [&](const Error& error) {
    for (auto& batch : inFlight) settle(batch, shard_.failure(error));
  };
  while (true) {
    while (inFlight.size() < kInFlight) {
      auto batch = nextBatch();
      if (!batch) break;
      inFlight.push_back(*std::move(batch));
      if (auto sent = connection.send({&inFlight.back().command, 1}); !sent) return fail(sent.error());
    }
    if (inFlight.empty()) return;
    auto replies = connection.receive();
    if (!replies) return fail(replies.error());
    if (isRefused(replies->front())) {
      replies = mendAll(connection, inFlight, std::move(replies->front()));
      if (!replies) return fail(replies.error());
    }
    for (const auto& reply : *replies) {
      tell(settle(inFlight.front(), reply));
      inFlight.pop_front();
    }
  }
}

// The script cache was lost, or the store has to be put in order. Takes the answers of all calls in flight, then sends
// those again, in their order, that were refused. They have written nothing, so that is what their publishers would do.
// A call that ran meanwhile holds nothing that belongs behind them: then it would have been refused, too (LULLPART).
Result<std::vector<Reply>> AdmissionPipeline::mendAll(Connection& connection, const std::deque<Batch>& inFlight,
                                                      Reply first) {
  std::vector<Reply> replies{std::move(first)};
  while (replies.size() < inFlight.size()) {
    auto next = connection.receive();
    if (!next) return next.error();
    replies.push_back(std::move(next->front()));
  }
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& command = inFlight[i].command;
    if (!isRefused(replies[i]) && !isPartAlone(replies[i])) continue;
    auto answer = again(connection, command, std::move(replies[i]));
    if (!answer) return answer.error();
    replies[i] = *std::move(answer);
  }
  return replies;
}

/// Makes a call again that was refused with `reply`.
Result<Reply> AdmissionPipeline::again(Connection& connection, const Command& command, Reply reply) {
  if (!Shard::mendable(reply)) {
    auto answer = shard_.scripts().run(connection, command);
    if (!answer) return answer.error();
    reply = *std::move(answer);
  }
  return shard_.mendAndRun(connection, command, std::move(reply));
}

/// Tells the callers what came of a batch. Returns what it made due.
ports::DueNote AdmissionPipeline::settle(Batch& batch, const Result<Reply>& reply) {
  const auto read = [&]() -> Result<AdmissionAnswer> {
    if (!reply) return reply.error();
    if (reply->isError() || Shard::mendable(*reply)) return shard_.failure(*reply);
    return readReply("The answer to an admission", [&] { return admissionAnswerIn(*reply, batch.events); });
  };
  const auto admitted = read();
  std::size_t at = 0;
  for (auto& slice : batch.slices) {
    auto& request = *slice.request;
    request.committed += slice.count;
    if (!admitted) {
      if (!request.failed) request.done.set_value(admitted.error());
      request.failed = true;
      continue;
    }
    for (std::size_t i = 0; i < slice.count; ++i) {
      // A duplicate carries the sequence of its first admission, negated.
      const auto sequence = admitted->sequences[at++];
      request.receipt.sequences.push_back(static_cast<std::uint64_t>(std::abs(sequence)));
      ++(sequence < 0 ? request.receipt.duplicates : request.receipt.accepted);
    }
    request.receipt.registryRevision = admitted->registryRevision;
    if (request.failed || request.committed < request.events.size()) continue;
    request.done.set_value(std::move(request.receipt));
  }
  if (!admitted) return {};
  ports::DueNote note{{}, admitted->streamed};
  if (admitted->due) note.window = ports::NextDue{*admitted->due, batch.changeTypes()};
  return note;
}

void AdmissionPipeline::tell(const ports::DueNote& note) {
  if (note.window || note.streamed) onDue_(note);
}

void AdmissionPipeline::failAll(const Error& error) {
  std::deque<std::shared_ptr<Request>> refused;
  {
    std::lock_guard guard(mutex_);
    refused.swap(waiting_);
    waitingEvents_ = 0;
  }
  for (auto& request : refused) {
    if (!request->failed) request->done.set_value(error);
  }
}

}  // namespace lull::redis
