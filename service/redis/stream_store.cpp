#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/stream_store.hpp>

namespace lull::redis {

namespace {

constexpr std::size_t kBytesPerCall = std::size_t{1} << 20;

std::uint32_t bitsOf(const std::vector<ports::Subscriber>& endpoints) {
  std::uint32_t bits = 0;
  for (const auto& endpoint : endpoints) bits |= endpoint.changeTypes;
  return bits;
}

ports::FanOutcome fannedIn(const Reply& reply) {
  const ReplyItems items(reply);
  ports::FanOutcome outcome;
  outcome.messages = items.count(1);
  outcome.unnamed = static_cast<std::uint32_t>(items.count(2));
  outcome.left = items.count(3);
  for (std::size_t i = 4; i + 1 < items.size(); i += 2) outcome.full.push_back(items.text(i));
  return outcome;
}

}  // namespace

Result<std::uint64_t> StreamStore::waiting() {
  auto reply = shard_.call({"LLEN", shard_.keys().stream()});
  if (!reply) return reply.error();
  return static_cast<std::uint64_t>(reply->integer);
}

Result<ports::FanOutcome> StreamStore::fanOut(Instant now, const ports::SubscriberList& known,
                                              std::uint32_t changeTypes) {
  const auto& names = shard_.keys();
  std::vector<std::string> keys{names.meta(),       names.counters(), names.stream(), names.wakeIndex(),
                                names.alertOrder(), names.alerts(),   names.mailed()};
  std::vector<std::string> arguments{
      std::to_string(millisOf(now)),  std::to_string(known.revision), std::to_string(messagesPerCall_),
      std::to_string(kBytesPerCall),  std::to_string(changeTypes),    std::to_string(bitsOf(known.everyEvent)),
      std::to_string(probe_.count()), std::to_string(caps_.messages), std::to_string(caps_.bytes)};
  for (const auto& taker : known.everyEvent) {
    const auto& id = taker.endpoint;
    if ((taker.changeTypes & changeTypes) == 0) continue;
    keys.insert(keys.end(), {names.queue(id), names.messages(id), names.state(id), names.behind(id), names.heads(id)});
    arguments.insert(arguments.end(), {id, std::to_string(taker.changeTypes)});
  }
  auto reply = shard_.run("fan", keys, arguments);
  if (!reply) return reply.error();
  return readReply("The answer to a fan-out", [&] { return fannedIn(*reply); });
}

}  // namespace lull::redis
