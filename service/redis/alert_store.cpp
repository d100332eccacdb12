#include "cursor.hpp"
#include "reply_reader.hpp"

#include <lull/redis/alert_store.hpp>
#include <lull/redis/keys.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

using ports::Alert;

// No kind has a bar in its name, so the subject begins behind the first bar. A kind that this version does not know was
// written by a newer one.
std::optional<Alert> alertOf(std::string_view member) {
  const auto bar = std::min(member.find('|'), member.size());
  const auto kind = ports::parseAlertKind(member.substr(0, bar));
  if (!kind || bar == member.size()) return std::nullopt;
  Alert alert;
  alert.kind = *kind;
  alert.subject = member.substr(bar + 1);
  return alert;
}

struct Chunk {
  std::vector<std::pair<Position, Alert>> alerts;
  bool last = false;
};

Chunk readChunk(const Reply& reply, std::size_t asked) {
  const ReplyItems items(reply);
  Chunk chunk;
  for (std::size_t i = 1; i + 3 < items.size(); i += 4) {
    auto alert = alertOf(items.text(i));
    if (!alert) continue;
    alert->at = instantOfScore(items.text(i + 1));
    alert->count = unsignedOr0(items.text(i + 2));
    alert->sentence = items.text(i + 3);
    chunk.alerts.emplace_back(Position{items.text(i + 1), items.text(i)}, *std::move(alert));
  }
  chunk.last = items.count(0) < asked;
  return chunk;
}

}  // namespace

Status AlertStore::write() {
  const auto writing = queue_.take();
  if (writing.empty()) return Done{};
  const auto& keys = shard_.keys();
  std::vector<std::string> arguments;
  for (const auto& [member, alert] : writing) {
    arguments.insert(arguments.end(), {member, std::to_string(std::max<std::int64_t>(millisOf(alert.at), 0)),
                                       std::to_string(alert.count), alert.sentence});
  }
  auto written = shard_.run("alert_raise", {keys.meta(), keys.alertOrder(), keys.alerts()}, arguments);
  if (written) return Done{};
  queue_.putBack(writing);
  return std::move(written).error();
}

Result<Page<Alert>> AlertStore::list(const PageRequest& page) {
  auto cursor = readCursor(page.cursor, {"+inf", ""});
  if (!cursor) return cursor.error();
  const auto& keys = shard_.keys();
  const auto& from = cursor->position;
  // One more than asked for tells whether there is another page.
  const auto asked = page.limit + 1;
  auto reply =
      shard_.run("alerts_page", {keys.alertOrder(), keys.alerts()}, {from.score, from.member, std::to_string(asked)});
  if (!reply) return reply.error();
  auto chunk = readReply("The list of alerts", [&] { return readChunk(*reply, asked); });
  if (!chunk) return chunk.error();
  Page<Alert> result;
  auto& alerts = chunk->alerts;
  if (alerts.size() > page.limit) alerts.resize(page.limit);
  if (!chunk->last && !alerts.empty()) result.nextCursor = writeCursor({0, alerts.back().first});
  for (auto& [position, alert] : alerts) result.items.push_back(std::move(alert));
  return result;
}

void AlertStore::run() {
  while (!stopping_) {
    const auto written = write();
    if (written) backoff_.reset();
    queue_.wait(written ? std::chrono::nanoseconds(std::chrono::hours(1)) : backoff_.next());
  }
  // Writes the last alerts if Redis can be reached. Otherwise they are in the log only.
  (void)write();
}

void AlertStore::stop() {
  stopping_ = true;
  queue_.wake();
}

}  // namespace lull::redis
