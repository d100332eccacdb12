#include "key_digest.hpp"
#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/shard.hpp>

#include <algorithm>
#include <optional>

/// Values that cannot be read are set aside by scripts of their own. The scripts that do the work write nothing when
/// they meet such a value, and are run again afterwards, so the hot path pays only for looking.
namespace lull::redis {

namespace {

constexpr std::string_view kWrongType = "LULLTYPE ";
constexpr std::string_view kDamaged = "LULLDAMAGED";
constexpr std::string_view kAdvice = " Look for what writes to Lull's keys in Redis, or for damaged memory or disks.";

struct WrongKey {
  std::string key;
  std::string wanted;
};

// "LULLTYPE <key> is a <found>, expected a <wanted>"; a key may hold blanks.
std::optional<WrongKey> wrongKeyIn(std::string_view text) {
  constexpr std::string_view kIs = " is a ";
  constexpr std::string_view kWanted = ", expected a ";
  const auto is = text.rfind(kIs);
  const auto expected = text.rfind(kWanted);
  if (!text.starts_with(kWrongType) || is == std::string_view::npos || expected == std::string_view::npos) {
    return std::nullopt;
  }
  return WrongKey{std::string(text.substr(kWrongType.size(), is - kWrongType.size())),
                  std::string(text.substr(expected + kWanted.size()))};
}

// The type that a command expects of its key: the names of commands for hashes, sorted sets and lists begin alike.
std::string typeFor(std::string_view verb) {
  if (verb.starts_with('H')) return "hash";
  if (verb.starts_with('Z')) return "zset";
  return verb.starts_with('L') ? "list" : "string";
}

std::optional<Damage::What> whatIn(std::string_view name) {
  if (name == "message") return Damage::What::Message;
  if (name == "window") return Damage::What::Window;
  if (name == "letter") return Damage::What::Letter;
  if (name == "state") return Damage::What::State;
  if (name == "stream") return Damage::What::Stream;
  return std::nullopt;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return count == 1 ? "One " + std::string(one) : std::to_string(count) + " " + std::string(many);
}

std::string messageSentence(std::int64_t count) {
  return counted(count, "queued notification", "queued notifications") +
         " of this endpoint could not be read and was set aside (hash 'aside'), counted as cancelled: send the events "
         "again.";
}

}  // namespace

Damage damageIn(const Reply& reply) {
  const ReplyItems items(reply);
  const auto what = whatIn(items.text(1));
  if (!what) throw UnreadableValue("an answer names an unknown damage");
  Damage damage{*what, items.text(2), {}};
  for (std::size_t i = 3; i < items.size(); ++i) damage.culprits.emplace_back(items.text(i), "");
  return damage;
}

bool isDamage(const Reply& reply) {
  return reply.kind == Reply::Kind::Array && !reply.items.empty() && reply.items.front().kind == Reply::Kind::String &&
         reply.items.front().text == kDamaged;
}

bool Shard::mendable(const Reply& reply) {
  if (isDamage(reply)) return true;
  return reply.isError() && (reply.text.starts_with("LULLEMPTY") || reply.text.starts_with("LULLMETA") ||
                             reply.text.starts_with(kWrongType));
}

// Damage that is left after mending: the state of an endpoint that was deleted a moment ago, or more damage than one
// call mends.
Error Shard::damageError(const Reply& reply) {
  if (reply.items.size() > 1 && reply.items[1].text == "state")
    return {ErrorCode::Stale, "The endpoint registry has changed."};
  return {ErrorCode::Unavailable, "Redis holds values that cannot be read; they are being set aside. Try again."};
}

// Returns false when there was nothing to mend: what the script met is no damage, or cannot be mended.
Result<bool> Shard::mend(Connection& connection, const Reply& reply) {
  if (isDamage(reply)) {
    const auto damage = readReply("An answer", [&] { return damageIn(reply); });
    if (!damage) return damage.error();
    return setAside(connection, *damage);
  }
  if (const auto wrong = wrongKeyIn(reply.text)) return setKeyAside(connection, wrong->key, wrong->wanted);
  auto attached = attach(connection);
  if (!attached) return std::move(attached).error();
  return true;
}

Result<Reply> Shard::mendAndRun(Connection& connection, const Command& script, Reply reply) {
  constexpr int kMostMends = 200;
  for (int mended = 0; mended < kMostMends && mendable(reply); ++mended) {
    const auto changed = mend(connection, reply);
    if (!changed) return changed.error();
    if (!*changed) break;
    auto again = scripts_.run(connection, script);
    if (!again) return again;
    reply = std::move(*again);
  }
  return reply;
}

Result<Reply> Shard::runMend(Connection& connection, std::string_view script, const std::vector<std::string>& keys,
                             const std::vector<std::string>& arguments) {
  const auto command = scripts_[script].call(keys, arguments);
  auto reply = scripts_.run(connection, command);
  // The scripts that mend may meet a damaged meta hash or a key of a wrong type. Values they judge by themselves.
  for (int round = 0; round < 10 && reply && mendable(*reply) && !isDamage(*reply); ++round) {
    const auto changed = mend(connection, *reply);
    if (!changed) return changed.error();
    if (!*changed) break;
    reply = scripts_.run(connection, command);
  }
  return reply;
}

Result<bool> Shard::setKeyAside(Connection& connection, const std::string& key, const std::string& wanted) {
  auto reply = runMend(connection, "aside_key",
                       {keys_.meta(), keys_.counters(), keys_.aside(), key, keys_.asideKey(key)}, {wanted});
  if (!reply) return std::move(reply).error();
  if (reply->isError()) return failure(*reply);
  if (reply->integer != 1) return reply->kind == Reply::Kind::Integer;
  alert(keys_.bare(key), "The key " + key + " held no " + wanted + ". It was renamed to " + keys_.asideKey(key) +
                             ", and what Lull had there is begun anew." + std::string(kAdvice));
  return true;
}

Result<bool> Shard::setAside(Connection& connection, const Damage& damage) {
  const auto& id = damage.endpoint;
  if (damage.what == Damage::What::Stream) return setStreamAside(connection, damage);
  std::vector<std::string> arguments;
  if (damage.what != Damage::What::Window) arguments.push_back(id);
  if (damage.what == Damage::What::Message) arguments.push_back(std::to_string(millisOf(now())));
  for (const auto& [key, seen] : damage.culprits) {
    arguments.push_back(key);
    if (damage.what != Damage::What::Window) arguments.push_back(seen);
  }
  switch (damage.what) {
    case Damage::What::Message:
      return asideBy(
          connection, "aside_messages",
          {keys_.meta(), keys_.counters(), keys_.aside(), keys_.wakeIndex(), keys_.queue(id), keys_.messages(id),
           keys_.leases(id), keys_.state(id), keys_.history(id), keys_.behind(id), keys_.heads(id), keys_.setAside(id)},
          arguments, damage);
    case Damage::What::Window:
      return asideBy(connection, "aside_windows",
                     {keys_.meta(), keys_.counters(), keys_.aside(), keys_.windowIndex(), keys_.windows()}, arguments,
                     damage);
    case Damage::What::Letter:
      return asideBy(connection, "aside_letters",
                     {keys_.meta(), keys_.counters(), keys_.aside(), keys_.letterIndex(), keys_.letters(id),
                      keys_.letterOrder(id), keys_.groups()},
                     arguments, damage);
    case Damage::What::State:
    case Damage::What::Stream:
      break;
  }
  return asideBy(connection, "restore_state",
                 {keys_.meta(), keys_.counters(), keys_.aside(), keys_.registrations(), keys_.wakeIndex(),
                  keys_.queue(id), keys_.leases(id), keys_.state(id), keys_.setAside(id)},
                 {id, std::to_string(millisOf(now()))}, damage);
}

Result<bool> Shard::asideBy(Connection& connection, std::string_view script, const std::vector<std::string>& keys,
                            const std::vector<std::string>& arguments, const Damage& damage) {
  auto reply = runMend(connection, script, keys, arguments);
  if (!reply) return std::move(reply).error();
  if (reply->isError()) return failure(*reply);
  const auto count = reply->integer;
  if (count <= 0) return count == 0;
  switch (damage.what) {
    case Damage::What::Message:
      alert(damage.endpoint, messageSentence(count) + std::string(kAdvice));
      break;
    case Damage::What::Window:
      alert("windows", counted(count, "debounce window", "debounce windows") +
                           " could not be read and was set aside (hash 'aside'): send the events again." +
                           std::string(kAdvice));
      break;
    case Damage::What::Letter:
      alert(damage.endpoint, counted(count, "dead letter", "dead letters") +
                                 " of this endpoint could not be read and was set aside (hash 'aside')." +
                                 std::string(kAdvice));
      break;
    case Damage::What::State:
      alert(damage.endpoint,
            "The delivery state of this endpoint could not be read, or was gone. It was made anew from its "
            "registration; if that could not be read either, the endpoint is paused." +
                std::string(kAdvice));
      break;
    case Damage::What::Stream:
      alert("stream", counted(count, "accepted event", "accepted events") +
                          " could not be read and was set aside (hash 'aside'): endpoints with delivery 'every' miss "
                          "it, so send it again." +
                          std::string(kAdvice));
      break;
  }
  return true;
}

// An event of the stream has no key, so it is named by what it holds.
Result<bool> Shard::setStreamAside(Connection& connection, const Damage& damage) {
  bool any = false;
  for (const auto& [event, seen] : damage.culprits) {
    auto moved = asideBy(connection, "aside_value", {keys_.meta(), keys_.counters(), keys_.aside(), keys_.stream()},
                         {"stream|" + keyDigest(event), "", event, "1"}, damage);
    if (!moved) return moved;
    any = any || *moved;
  }
  return any;
}

Status Shard::setAside(const Damage& damage) {
  if (damage.culprits.empty() && damage.what != Damage::What::State) return Done{};
  auto borrowed = borrow();
  if (!borrowed) return borrowed.error();
  auto changed = setAside(**borrowed, damage);
  if (!changed) return std::move(changed).error();
  return Done{};
}

void Shard::setValueAside(const std::string& key, const StoredValue& value, std::string subject, std::string sentence) {
  auto borrowed = borrow();
  if (!borrowed) return;
  const auto reply = runMend(**borrowed, "aside_value", {keys_.meta(), keys_.counters(), keys_.aside(), key},
                             {value.name, value.field, value.bytes, value.take ? "1" : "0"});
  if (reply && reply->integer == 1 && !sentence.empty())
    alert(std::move(subject), std::move(sentence) + std::string(kAdvice));
}

void Shard::alert(std::string subject, std::string sentence) {
  if (alerts_ != nullptr) alerts_->raise(ports::AlertKind::Unreadable, std::move(subject), std::move(sentence));
}

Result<Reply> Shard::call(const Command& command) {
  return std::move(callAll({command}).front());
}

std::vector<Result<Reply>> Shard::callAll(const std::vector<Command>& commands) {
  const auto allFailed = [&](const Error& error) { return std::vector<Result<Reply>>(commands.size(), error); };
  auto borrowed = borrow();
  if (!borrowed) return allFailed(borrowed.error());
  auto replies = (*borrowed)->pipeline(commands);
  if (!replies) return allFailed(failure(replies.error()));
  std::vector<Result<Reply>> results;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    results.push_back(answered(**borrowed, commands[i], std::move((*replies)[i])));
  }
  return results;
}

// Sets a key of another type aside and calls again, and says what the reply means.
Result<Reply> Shard::answered(Connection& connection, const Command& command, Result<Reply> reply) {
  if (reply && reply->isError() && reply->text.starts_with("WRONGTYPE") && command.size() > 1) {
    const auto changed = setKeyAside(connection, command[1], typeFor(command.front()));
    if (!changed) return changed.error();
    reply = connection.call(command);
  }
  if (!reply) return failure(reply.error());
  if (reply->isError()) return failure(*reply);
  return reply;
}

}  // namespace lull::redis
