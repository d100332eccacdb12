#include <lull/runtime/log.hpp>
#include <lull/sources/outbox_loop.hpp>
#include <lull/sources/row_event.hpp>

#include <algorithm>
#include <utility>

namespace lull::sources {

namespace {

// A run that failed is tried again after about a second, then ever more seldom.
constexpr Millis kFirstPause{1000};
constexpr Millis kLongestPause{30'000};
// A row that was admitted may stay for so long, because its removal failed, and is still known then.
constexpr Millis kKeepIds = std::chrono::days(7);
constexpr auto kRest = std::chrono::hours(1);
constexpr std::string_view kCategory = "Lull.Sources";

}  // namespace

// The scope of a credential holds no line break, so the ids of rows are nobody else's.
OutboxLoop::OutboxLoop(OutboxSettings settings, OutboxPorts ports, std::function<Ticks()> ticks)
    : LeasedLoop(settings.name, {"the database", "See whether the database answers, and what locks the table."},
                 ports.store, ports.alerts, std::move(ticks)),
      settings_(std::move(settings)),
      ports_(ports),
      scope_("\noutbox " + settings_.name),
      backoff_(kFirstPause, kLongestPause) {}

void OutboxLoop::run() {
  while (!stopping()) {
    const auto rest = turn();
    if (rest > std::chrono::nanoseconds(0)) wake_.wait(rest);
  }
  ports_.table.leave();
}

void OutboxLoop::stop() {
  beginToStop();
  // Nothing is lost when a batch that is being read is not read.
  if (taking_) ports_.table.cancel();
  wake_.notify();
}

std::chrono::nanoseconds OutboxLoop::turn() {
  const bool held = holds();
  if (held && !wasHeld_) due_ = now();  // nobody knows when the last run was
  wasHeld_ = held;
  if (!held) {
    running_ = false;
    return kRest;
  }
  const auto asked = beginStep();
  if (!running_ && asked != answered_) due_ = now();
  auto step = Step::Rest;
  if (running_ || now() >= due_) {
    if (!running_) {
      answered_ = asked;
      beginRun();
    }
    step = batch();
  }
  if (endStep() != answered_) step = Step::Again;
  if (step == Step::Again) return std::chrono::nanoseconds(0);
  return std::max(due_ - now(), Ticks::duration(0));
}

void OutboxLoop::beginRun() {
  running_ = true;
  trouble_.clear();
  note({.state = ports::SourceState::Running});
}

// The rows stay locked until their events are durable. Whatever ends this process on the way leaves them in the table.
OutboxLoop::Step OutboxLoop::batch() {
  taking_ = true;
  auto rows = stopping() ? Result<std::vector<ports::OutboxRow>>(std::vector<ports::OutboxRow>{})
                         : ports_.table.take(settings_.batchSize);
  taking_ = false;
  if (!rows && !stopping()) return fail(rows.error().message);
  if (!mayGoOn()) {
    ports_.table.leave();
    return Step::Again;
  }
  const bool last = rows->size() < settings_.batchSize;
  const auto oldest = rows->empty() ? std::nullopt : writtenAt(rows->front());
  auto read = sorted(*std::move(rows));
  if (!read.events.empty()) {
    const auto receipt = ports_.admission.admit(std::move(read.events), scope_, kKeepIds);
    if (!receipt) {
      ports_.table.leave();
      return fail("The events could not be admitted, and their rows stay: " + receipt.error().message);
    }
  }
  if (auto removed = ports_.table.finish(read.ids, read.refused); !removed) return fail(removed.error().message);
  return finish(read, last, oldest);
}

OutboxLoop::Sorted OutboxLoop::sorted(std::vector<ports::OutboxRow> rows) const {
  Sorted result;
  for (auto& row : rows) {
    auto parts = partsOf(row);
    auto id = parts.id;
    if (!row.fault.empty()) {
      result.refused.push_back({std::move(id), std::move(row.fault)});
      continue;
    }
    auto event = ports_.reader.read(std::move(parts));
    if (event) {
      result.events.push_back(*std::move(event));
      result.ids.push_back(std::move(id));
    } else {
      result.refused.push_back({std::move(id), event.error().message});
    }
  }
  return result;
}

// The rows of the batch are dealt with, and their transaction is committed.
OutboxLoop::Step OutboxLoop::finish(const Sorted& rows, bool last, std::optional<Instant> oldest) {
  backoff_.reset();
  if (!rows.refused.empty()) tellOfRefused(rows.refused);
  ports::SourceNote done;
  done.state = last ? ports::SourceState::Waiting : ports::SourceState::Running;
  done.ended = last;
  done.error = trouble_;
  done.admitted = rows.ids.size();
  done.setAside = rows.refused.size();
  done.empty = last;
  if (!last) done.oldest = oldest;
  if (last) {
    running_ = false;
    due_ = now() + settings_.interval;
  }
  note(done);
  return last ? Step::Rest : Step::Again;
}

void OutboxLoop::tellOfRefused(const std::vector<ports::RefusedRow>& refused) {
  for (const auto& [id, reason] : refused) {
    runtime::log(runtime::LogLevel::Warning, kCategory, "a row of an outbox is no event, and was set aside",
                 {{"source", settings_.name}, {"row", id}, {"reason", reason}});
  }
  const auto& first = refused.front();
  const auto many = refused.size() == 1 ? "Row " : std::to_string(refused.size()) + " rows were set aside; row ";
  trouble_ = many + first.id + " is no event, and was set aside: " + first.reason;
  raise(trouble_ + " Correct it and set its error column to null, or delete it.");
}

// Nothing of the batch was removed as far as this process knows; the same rows are taken again.
OutboxLoop::Step OutboxLoop::fail(const std::string& sentence) {
  running_ = false;
  due_ = now() + backoff_.next();
  raise(sentence);
  note(failureNote(sentence));
  return Step::Rest;
}

}  // namespace lull::sources
