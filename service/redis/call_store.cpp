#include "message_codec.hpp"
#include "reply_reader.hpp"
#include "settlement_codec.hpp"

#include <lull/redis/alert_queue.hpp>
#include <lull/redis/call_store.hpp>
#include <lull/redis/keys.hpp>

#include <map>
#include <optional>

namespace lull::redis {

namespace {

/// The calls to one endpoint, as calls_log.lua takes them.
struct Ended {
  bool succeeded = false;
  std::uint64_t failures = 0;  // since the last success
  std::string error;
  std::optional<PauseOrder> pause;
  std::vector<std::string> attempts;

  void add(const ports::CallRecord& call) {
    const auto kept = boundedAttempt(call.attempt);
    if (kept.outcome == Outcome::Delivered) {
      succeeded = true;
      failures = 0;
    } else if (!kept.sentence.empty()) {
      error = kept.sentence;
    }
    if (call.failed) ++failures;
    if (call.pause) pause = call.pause;
    attempts.push_back(packAttempt(kept, call.endpoint));
  }
};

}  // namespace

// A message in a queue has an id of the same form without the letter at its end. So an endpoint that once was told in
// another way is never given the id of one thing for another.
std::string CallStore::messageId(const EndpointId& endpoint, std::uint64_t sequence) {
  return webhookId(shard_.epoch(), endpoint, sequence) + "s";
}

Status CallStore::write(Instant now, const std::vector<ports::CallRecord>& calls) {
  std::map<EndpointId, Ended> endpoints;
  for (const auto& call : calls) endpoints[call.endpoint].add(call);
  const auto& names = shard_.keys();
  std::vector<std::string> keys{names.meta(), names.wakeIndex(), names.alertOrder(), names.alerts()};
  std::vector<std::string> arguments{std::to_string(millisOf(now))};
  for (const auto& [id, ended] : endpoints) {
    keys.insert(keys.end(), {names.state(id), names.attempts(id)});
    arguments.insert(arguments.end(), {id, ended.succeeded ? "1" : "0", std::to_string(ended.failures), ended.error,
                                       pauseText(ended.pause), std::to_string(ended.attempts.size())});
    arguments.insert(arguments.end(), ended.attempts.begin(), ended.attempts.end());
  }
  const auto reply = shard_.run("calls_log", keys, arguments);
  if (!reply) return reply.error();
  return readReply("The answer to a log of calls", [&] {
    const ReplyItems items(*reply);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) logAlert(items.text(i), items.text(i + 1));
    return Done{};
  });
}

}  // namespace lull::redis
