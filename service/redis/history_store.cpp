#include "history_codec.hpp"
#include "reply_reader.hpp"

#include <lull/redis/history_store.hpp>
#include <lull/redis/keys.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

// An endpoint costs Redis about 3 µs. With more busy endpoints than a turn takes they come in turns.
constexpr std::size_t kNotedPerCall = 500;
constexpr std::size_t kEndpointsPerTurn = 1'000;
// Pieces of history of a day take 250 KB.
constexpr std::int64_t kHoursPerCall = 24;

std::int64_t stepOf(Instant at) {
  return at.time_since_epoch() / ports::kHistoryStep;
}

Instant hourAt(std::int64_t hour) {
  return Instant{hour * std::chrono::hours(1)};
}

/// The answer of history_note.lua and history_close.lua.
Result<std::int64_t> writtenIn(const Result<Reply>& reply) {
  if (!reply) return reply.error();
  return readReply("The answer of the history", [&] { return integerOf(*reply); });
}

template <class Record>
void cutTo(Instant since, Instant until, std::vector<Record>& records) {
  std::erase_if(records, [&](const Record& record) { return record.at < since || record.at >= until; });
}

}  // namespace

bool HistoryStore::isOver() const {
  return stepOf(shard_.now()) - 1 > written_;
}

// Redis is away or full when something fails; what was noted is kept for the next turn. Other parts say what is wrong.
void HistoryStore::turn() {
  std::size_t left = kEndpointsPerTurn;
  while (left > 0) {
    const auto noted = noted_.take(std::min(kNotedPerCall, left));
    // Without anything to add it is asked whether another replica has written the step.
    if (noted.empty() && !isOver()) return;
    if (auto done = note(noted); !done) return noted_.putBack(noted);
    left -= std::max<std::size_t>(noted.endpoints.size(), 1);
    if (noted.endpoints.size() < kNotedPerCall) break;
  }
  if (isOver()) (void)close();
}

Status HistoryStore::note(const ports::NotedHistory& noted) {
  const auto& names = shard_.keys();
  std::vector<std::string> keys{names.meta(), names.historyNow(), names.registrations()};
  std::vector<std::string> arguments{std::to_string(millisOf(shard_.now())), std::to_string(noted.lags.size())};
  for (const auto& [bucket, count] : noted.lags) {
    arguments.insert(arguments.end(), {std::to_string(bucket), std::to_string(count)});
  }
  for (const auto& [id, counts] : noted.endpoints) {
    keys.push_back(names.attemptCounts(id));
    arguments.insert(arguments.end(), {id, std::to_string(counts.attempts), std::to_string(counts.failures)});
  }
  const auto written = writtenIn(shard_.run("history_note", keys, arguments));
  if (!written) return written.error();
  written_ = *written;
  return Done{};
}

Status HistoryStore::close() {
  const auto fleet = stats_.counters();
  if (!fleet) return fleet.error();
  const auto& names = shard_.keys();
  const auto written =
      writtenIn(shard_.run("history_close", {names.meta(), names.counters(), names.historyNow(), names.history()},
                           {std::to_string(millisOf(shard_.now())), std::to_string(fleet->pending),
                            std::to_string(fleet->oldestDueAge.count())}));
  if (!written) return written.error();
  written_ = *written;
  return Done{};
}

Result<ports::HistoryRecords> HistoryStore::read(Instant since, Instant until) {
  const auto& names = shard_.keys();
  const auto last = shard_.call({"HGET", names.historyNow(), "step"});
  if (!last) return last.error();
  ports::HistoryRecords records;
  records.end = Instant{(static_cast<std::int64_t>(unsignedOr0(last->text)) + 1) * ports::kHistoryStep};
  since = std::max(since, shard_.now() - ports::kHistoryKept);
  until = std::min(until, records.end);
  const auto hourOf = [](Instant at) { return at.time_since_epoch() / std::chrono::hours(1); };
  for (auto hour = hourOf(since); hour <= hourOf(until); hour += kHoursPerCall) {
    const auto end = std::min<std::int64_t>(hour + kHoursPerCall - 1, hourOf(until));
    Command asked{"HMGET", names.history()};
    for (auto one = hour; one <= end; ++one) {
      for (const auto* kind : {"t", "m", "h"}) asked.push_back(kind + std::to_string(one));
    }
    const auto reply = shard_.call(asked);
    if (!reply) return reply.error();
    const auto done = readReply("The history", [&] {
      const ReplyItems pieces(*reply);
      for (auto one = hour; one <= end; ++one) {
        const auto at = 3 * static_cast<std::size_t>(one - hour);
        readSteps(pieces.textOrEmpty(at), hourAt(one), records.steps);
        readMinutes(pieces.textOrEmpty(at + 1), hourAt(one), records.minutes);
        readDistributions(pieces.textOrEmpty(at + 2), hourAt(one), records.distributions);
      }
      return Done{};
    });
    if (!done) return done.error();
  }
  cutTo(since, until, records.steps);
  cutTo(since, until, records.minutes);
  cutTo(since, until, records.distributions);
  return records;
}

Result<std::vector<ports::AttemptSlot>> HistoryStore::attemptsOf(const EndpointId& id) {
  const auto packed = shard_.call({"GET", shard_.keys().attemptCounts(id)});
  if (!packed) return packed.error();
  return readAttemptSlots(packed->text, shard_.now());
}

}  // namespace lull::redis
