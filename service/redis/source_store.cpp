#include "packing.hpp"
#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/source_store.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/random.hpp>

#include <algorithm>
#include <utility>

namespace lull::redis {

namespace {

using ports::SourceNote;
using ports::SourceStatus;
using ports::SourceTurn;

constexpr std::size_t kListedItems = 7;

SourceStatus statusIn(const ReplyItems& items, std::size_t at, const ports::SourceName& source, Instant now) {
  SourceStatus status{source.name, source.type};
  status.state = ports::parseSourceState(items.text(at)).value_or(ports::SourceState::Waiting);
  if (const auto& ran = items.text(at + 1); text::isAllDigits(ran)) status.lastRunAt = instantOfScore(ran);
  status.lastError = items.text(at + 2);
  status.admitted = unsignedOr0(items.text(at + 3));
  status.failures = unsignedOr0(items.text(at + 4));
  status.setAside = unsignedOr0(items.text(at + 5));
  const auto& oldest = items.text(at + 6);
  if (text::isAllDigits(oldest)) {
    status.lag = std::max(now - instantOfScore(oldest), Millis{0});
  } else if (oldest.empty() && status.state != ports::SourceState::Failing) {
    status.lag = Millis{0};
  }
  return status;
}

}  // namespace

SourceStore::SourceStore(Shard& shard, std::vector<ports::SourceName> names, std::function<void()> onAsked)
    : shard_(shard), names_(std::move(names)), onAsked_(std::move(onAsked)), token_(text::randomId(12)) {}

Result<std::vector<SourceStatus>> SourceStore::list() {
  std::vector<SourceStatus> all;
  if (names_.empty()) return all;
  std::vector<std::string> arguments;
  for (const auto& source : names_) arguments.push_back(source.name);
  const auto reply = shard_.run("sources_list", {shard_.keys().sources()}, arguments);
  if (!reply) return reply.error();
  const auto now = shard_.now();
  return readReply("The list of sources", [&] {
    const ReplyItems items(*reply);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      all.push_back(statusIn(items, i * kListedItems, names_[i], now));
    }
    return std::move(all);
  });
}

Status SourceStore::run(const std::string& name) {
  const auto known = std::ranges::find(names_, name, &ports::SourceName::name);
  if (known == names_.end()) return ports::noSuchSource();
  const auto reply = shard_.run("source_ask", {shard_.keys().meta(), shard_.keys().sources()}, {name});
  if (!reply) return reply.error();
  onAsked_();
  return Done{};
}

Result<Reply> SourceStore::takeFor(Millis lease, const std::vector<std::string>& names) {
  std::vector<std::string> arguments{std::to_string(millisOf(shard_.now())), token_, std::to_string(lease.count())};
  arguments.insert(arguments.end(), names.begin(), names.end());
  return shard_.run("source_take", {shard_.keys().meta(), shard_.keys().sources()}, arguments);
}

Result<std::vector<SourceTurn>> SourceStore::take(const std::vector<std::string>& names) {
  const auto reply = takeFor(ports::kSourceLease, names);
  if (!reply) return reply.error();
  return readReply("The answer about sources", [&] {
    const ReplyItems items(*reply);
    std::vector<SourceTurn> turns;
    for (std::size_t i = 0; i < names.size(); ++i) turns.push_back({items.integer(2 * i) == 1, items.count(2 * i + 1)});
    return turns;
  });
}

Status SourceStore::release(const std::vector<std::string>& names) {
  const auto reply = takeFor(Millis{0}, names);
  if (!reply) return reply.error();
  return Done{};
}

Result<bool> SourceStore::note(const std::string& name, const SourceNote& note) {
  std::string oldest = "-";
  if (note.empty) oldest.clear();
  if (note.unknown) oldest = "?";
  if (note.oldest) oldest = std::to_string(std::max<std::int64_t>(millisOf(*note.oldest), 0));
  const auto reply =
      shard_.run("source_note", {shard_.keys().meta(), shard_.keys().sources()},
                 {std::to_string(millisOf(shard_.now())), token_, name, std::string(ports::toString(note.state)),
                  note.ended ? "1" : "", note.error, std::to_string(note.admitted), std::to_string(note.failures),
                  std::to_string(note.setAside), oldest});
  if (!reply) return reply.error();
  return readReply("The answer to a note of a source", [&] { return integerOf(*reply) == 1; });
}

}  // namespace lull::redis
