#include "cursor.hpp"
#include "letter_id.hpp"
#include "message_codec.hpp"
#include "reply_reader.hpp"

#include <lull/redis/group_store.hpp>
#include <lull/redis/keys.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <tuple>

namespace lull::redis {

namespace {

// A cell costs Redis about 6 µs, and several times that on a machine that is busy.
constexpr std::size_t kCellsPerCall = 200;
constexpr std::size_t kCellItems = 6;
constexpr std::size_t kDigits = 19;
constexpr std::uint64_t kLastMillis = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

/// The smallest group: see lib/group.lua.
struct Cell {
  Cause cause;
  bool superseded = false;
  std::uint32_t changeType = 0;
  std::uint64_t count = 0;
  Instant firstDeadAt;
  Instant lastDeadAt;
  std::string sampleId;
};

// Throws UnreadableValue.
Cell readCell(const ReplyItems& items, std::size_t at, ShardNumber shard) {
  const std::string_view name = items.text(at);
  const auto bar = name.rfind('|');
  if (bar == std::string_view::npos || name.size() - bar - 1 != kDigits)
    throw UnreadableValue("a group of dead letters has a name that is none");
  const auto digits = name.substr(bar + 1);
  const auto reason = unsignedOf(digits.substr(0, 1));
  const auto failure = unsignedOf(digits.substr(6, 2));
  if (reason > static_cast<std::uint64_t>(DeathReason::Poisoned) || failure >= kFailureClasses)
    throw UnreadableValue("a group of dead letters has a cause that is none");
  Cell cell;
  cell.cause = {EndpointId(name.substr(0, bar)), static_cast<DeathReason>(reason), std::nullopt,
                static_cast<FailureClass>(failure)};
  if (const auto code = unsignedOf(digits.substr(1, 5)); code != 0) cell.cause.code = static_cast<int>(code);
  cell.superseded = digits[8] == '1';
  cell.changeType = static_cast<std::uint32_t>(unsignedOf(digits.substr(9)));
  cell.count = items.count(at + 1);
  cell.firstDeadAt = instantOfScore(items.text(at + 2));
  cell.lastDeadAt = instantOfScore(items.text(at + 3));
  cell.sampleId =
      letterId({cell.cause.endpoint, readMessageKey(items.text(at + 5)), unsignedOf(items.text(at + 4)), shard});
  return cell;
}

/// Nothing for a cell that cannot be read: the audit of letters mends it, and the others are shown meanwhile.
std::optional<Cell> readableCell(const ReplyItems& items, std::size_t at, ShardNumber shard) {
  try {
    return readCell(items, at, shard);
  } catch (const UnreadableValue&) {
    return std::nullopt;
  }
}

bool counts(const Cell& cell, const ports::GroupFilter& filter) {
  return (!filter.among || filter.among->contains(cell.cause.endpoint)) &&
         (!filter.changeType || *filter.changeType == cell.changeType) &&
         (!filter.reason || *filter.reason == cell.cause.reason) &&
         (!filter.superseded || *filter.superseded == cell.superseded);
}

LetterGroup emptyGroup(const Cell& cell, GroupBy by) {
  LetterGroup group;
  if (by == GroupBy::Cause) group.cause = cell.cause;
  if (by != GroupBy::ChangeType) group.endpoint = cell.cause.endpoint;
  if (by == GroupBy::ChangeType) group.changeType = cell.changeType;
  group.key = by == GroupBy::Cause      ? keyOf(cell.cause)
              : by == GroupBy::Endpoint ? cell.cause.endpoint
                                        : std::to_string(cell.changeType);
  group.firstDeadAt = cell.firstDeadAt;
  return group;
}

void add(LetterGroup& group, const Cell& cell) {
  group.count += cell.count;
  group.firstDeadAt = std::min(group.firstDeadAt, cell.firstDeadAt);
  if (!group.sampleId.empty() && cell.lastDeadAt < group.lastDeadAt) return;
  group.lastDeadAt = cell.lastDeadAt;
  group.sampleId = cell.sampleId;
}

/// The name of the group in the hash of last retries (lib/retried.lua).
std::string retriedName(const LetterGroup& group) {
  if (!group.cause) return group.endpoint.empty() ? std::to_string(group.changeType) : group.endpoint;
  const auto code = group.cause->code.value_or(0);
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%01u%05d%02u", static_cast<unsigned>(group.cause->reason), code,
                code > 0 ? 0U : static_cast<unsigned>(group.cause->failure));
  return group.endpoint + "|" + digits.data();
}

/// "<number>|<at ms>|<done>|<failed again>"; nothing when it cannot be read, because it is only shown.
std::optional<LastRetry> readLastRetry(const Reply& reply) {
  if (reply.kind != Reply::Kind::String) return std::nullopt;
  std::array<std::string_view, 4> parts;
  std::string_view rest = reply.text;
  for (auto& part : parts) {
    const auto bar = std::min(rest.find('|'), rest.size());
    part = rest.substr(0, bar);
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return LastRetry{instantOf(static_cast<std::int64_t>(std::min(unsignedOr0(parts[1]), kLastMillis))),
                   unsignedOr0(parts[2]), unsignedOr0(parts[3])};
}

bool comesBefore(const LetterGroup& one, const LetterGroup& other) {
  return std::tie(other.lastDeadAt, one.key) < std::tie(one.lastDeadAt, other.key);
}

}  // namespace

Result<std::vector<LetterGroup>> GroupStore::all(GroupBy by, const ports::GroupFilter& filter) {
  std::map<std::string, LetterGroup> found;
  std::string behind;
  do {
    auto reply = shard_.run("groups_page", {shard_.keys().groups()},
                            {behind, filter.endpointId.value_or(""), std::to_string(kCellsPerCall)});
    if (!reply) return reply.error();
    const auto next = readReply("The groups of dead letters", [&] {
      const ReplyItems items(*reply);
      for (std::size_t at = 1; at + kCellItems <= items.size(); at += kCellItems) {
        const auto cell = readableCell(items, at, shard_.number());
        if (!cell || !counts(*cell, filter)) continue;
        auto group = emptyGroup(*cell, by);
        add(found.try_emplace(group.key, group).first->second, *cell);
      }
      return items.text(0);
    });
    if (!next) return next.error();
    behind = *next;
  } while (!behind.empty());
  std::vector<LetterGroup> groups;
  groups.reserve(found.size());
  for (auto& [key, group] : found) groups.push_back(std::move(group));
  std::sort(groups.begin(), groups.end(), comesBefore);
  return groups;
}

Status GroupStore::addLastRetries(std::vector<LetterGroup>& groups) {
  if (groups.empty()) return Done{};
  Command command{"HMGET", shard_.keys().retried()};
  for (const auto& group : groups) command.push_back(retriedName(group));
  auto reply = shard_.call(command);
  if (!reply) return reply.error();
  const auto read = readReply("The last retries", [&] {
    const ReplyItems items(*reply);
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i].lastRetry = readLastRetry(items.at(i));
    return true;
  });
  if (!read) return read.error();
  return Done{};
}

Result<Page<LetterGroup>> GroupStore::groups(GroupBy by, const ports::GroupFilter& filter, const PageRequest& page) {
  const auto cursor = readCursor(page.cursor, {});
  if (!cursor) return cursor.error();
  auto sorted = all(by, filter);
  if (!sorted) return sorted.error();
  auto first = sorted->begin();
  if (!page.cursor.empty()) {
    const auto& [score, key] = cursor->position;
    LetterGroup seen;
    seen.lastDeadAt = instantOf(static_cast<std::int64_t>(unsignedOr0(score)));
    seen.key = key;
    first = std::upper_bound(sorted->begin(), sorted->end(), seen, comesBefore);
  }
  const auto left = static_cast<std::size_t>(sorted->end() - first);
  Page<LetterGroup> result;
  result.items.assign(std::make_move_iterator(first),
                      std::make_move_iterator(first + static_cast<std::ptrdiff_t>(std::min(left, page.limit))));
  if (left > page.limit) {
    const auto& last = result.items.back();
    result.nextCursor = writeCursor({0, {std::to_string(millisOf(last.lastDeadAt)), last.key}});
  }
  // A retry of a whole change type says what became of letters of others, too.
  if (by == GroupBy::ChangeType && filter.among) return result;
  if (auto added = addLastRetries(result.items); !added) return std::move(added).error();
  return result;
}

}  // namespace lull::redis
