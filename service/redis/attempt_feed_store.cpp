#include "attempt_codec.hpp"
#include "packing.hpp"
#include "reply_reader.hpp"

#include <lull/redis/attempt_feed_store.hpp>
#include <lull/redis/keys.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace lull::redis {

namespace {

// Attempts that one call may read: it holds Redis for a few milliseconds.
constexpr std::size_t kReadPerCall = 500;
// At least so many of each log that has changed, so that those who ask for one outcome find some of it.
constexpr std::size_t kLeastOfLog = 5;

std::optional<AttemptRecord> readableAttempt(const std::string& packed, const EndpointId& endpoint) {
  try {
    return readAttempt(packed, endpoint);
  } catch (const UnreadableValue&) {
    return std::nullopt;
  }
}

}  // namespace

struct AttemptFeedStore::Wanted {
  EndpointId id;
  std::string known;  // the newest attempt that is known
  std::size_t most = 1;
};

struct AttemptFeedStore::Changed {
  EndpointId id;
  std::string newest;  // as it is stored
  Instant at;
};

/// The new attempts of each log, in as many calls as they need.
Result<std::vector<std::vector<std::string>>> AttemptFeedStore::read(const std::vector<Wanted>& logs) {
  std::vector<std::vector<std::string>> found;
  for (auto next = logs.begin(); next != logs.end();) {
    std::vector<std::string> keys;
    std::vector<std::string> arguments;
    for (std::size_t sum = 0; next != logs.end() && sum < kReadPerCall; ++next) {
      keys.push_back(shard_.keys().attempts(next->id));
      arguments.push_back(next->known);
      arguments.push_back(std::to_string(next->most));
      sum += next->most;
    }
    const auto reply = shard_.run("attempts_new", keys, arguments);
    if (!reply) return reply.error();
    const auto taken = readReply("The attempt logs", [&] {
      const ReplyItems perLog(*reply);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto attempts = perLog.items(i);
        auto& texts = found.emplace_back();
        for (std::size_t at = 0; at < attempts.size(); ++at) texts.push_back(attempts.text(at));
      }
      return true;
    });
    if (!taken) return taken.error();
  }
  return found;
}

/// The logs whose newest attempt is not the known one, that with the latest first.
Result<std::vector<AttemptFeedStore::Changed>> AttemptFeedStore::changed(const std::vector<EndpointId>& ids,
                                                                         const ports::AttemptMarks& marks) {
  std::vector<Wanted> logs;
  logs.reserve(ids.size());
  for (const auto& id : ids) {
    const auto mark = marks.find(id);
    logs.push_back({id, mark != marks.end() ? mark->second : std::string()});
  }
  auto heads = read(logs);
  if (!heads) return std::move(heads).error();
  std::vector<Changed> changed;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto& head = (*heads)[i];
    if (head.empty()) continue;
    const auto attempt = readableAttempt(head.front(), ids[i]);
    changed.push_back({ids[i], std::move(head.front()), attempt ? attempt->at : Instant{}});
  }
  std::ranges::stable_sort(changed, std::greater{}, &Changed::at);
  return changed;
}

Result<std::vector<ports::LoggedAttempt>> AttemptFeedStore::newest(const std::vector<EndpointId>& ids, std::size_t most,
                                                                   ports::AttemptMarks& marks) {
  const auto logs = changed(ids, marks);
  if (!logs) return logs.error();
  std::vector<Wanted> wanted;
  for (const auto& log : *logs) {
    // The heads of the logs before it are newer than all that it holds.
    const auto rank = wanted.size();
    const auto mark = marks.find(log.id);
    wanted.push_back({log.id, mark != marks.end() ? mark->second : std::string(),
                      std::max(most - std::min(most, rank), kLeastOfLog)});
  }
  const auto read = this->read(wanted);
  if (!read) return read.error();
  std::vector<ports::LoggedAttempt> found;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (const auto& packed : (*read)[i]) {
      if (auto attempt = readableAttempt(packed, wanted[i].id)) found.push_back({wanted[i].id, *std::move(attempt)});
    }
  }
  std::ranges::stable_sort(found, std::greater{}, [](const auto& one) { return one.attempt.at; });
  const std::set<EndpointId> asked(ids.begin(), ids.end());
  std::erase_if(marks, [&](const auto& mark) { return !asked.contains(mark.first); });
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!(*read)[i].empty()) marks[wanted[i].id] = (*read)[i].front();
  }
  return found;
}

}  // namespace lull::redis
