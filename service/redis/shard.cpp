#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/script_texts.hpp>
#include <lull/redis/shard.hpp>
#include <lull/text/random.hpp>

namespace lull::redis {

namespace {

ScriptSet allScripts() {
  std::vector<Script> scripts;
  for (const auto& script : scriptTexts()) scripts.push_back(Script::of(script.name, script.text));
  return ScriptSet(std::move(scripts));
}

// The run id stands in "INFO server" as a line "run_id:<40 hex digits>".
std::string runIdIn(std::string_view info) {
  constexpr std::string_view kName = "run_id:";
  const auto at = info.find(kName);
  if (at == std::string_view::npos) return {};
  const auto rest = info.substr(at + kName.size());
  return std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

}  // namespace

Shard::Shard(ShardSettings settings, ports::Clock& clock, ports::Meter& meter, ports::Alerts* alerts)
    : prefix_(std::move(settings.keyPrefix)),
      number_(settings.number),
      keys_(prefix_, number_),
      scripts_(allScripts()),
      clock_(clock),
      meter_(meter),
      alerts_(alerts),
      pool_(std::move(settings.pool), [this](Connection& connection) { return attach(connection); }) {}

Status Shard::attach(Connection& connection) {
  const auto info = connection.call({"INFO", "server"});
  if (!info) return info.error();
  const std::vector<std::string> keys{keys_.meta(), keys_.counters(), keys_.aside()};
  // In an emptied store a running process writes the epoch that it knows, so that its webhook-ids continue as before.
  const auto known = epoch();
  const std::vector<std::string> arguments{std::to_string(kSchema), runIdIn(info->text),
                                           known.empty() ? text::randomId(8) : known, ""};
  auto attached = runMend(connection, "attach", keys, arguments);
  if (!attached) return attached.error();
  if (attached->isError()) return refusal(*attached);
  const auto read = readReply("The answer to a new connection", [&] {
    const ReplyItems items(*attached);
    std::vector<std::string> damaged;
    for (std::size_t i = 2; i < items.size(); ++i) damaged.push_back(items.text(i));
    return std::pair(items.text(0), std::move(damaged));
  });
  if (!read) return read.error();
  *epoch_.lock() = read->first;
  for (const auto& name : read->second) {
    alert("meta " + name, "The field '" + name +
                              "' of Lull's meta hash could not be read. It was set aside and begun anew; look for what "
                              "writes to Lull's keys in Redis.");
  }
  return Done{};
}

Error Shard::refusal(const Reply& attached) {
  const bool older = attached.text.starts_with("LULLOLD ");
  if (!older && !attached.text.starts_with("LULLSCHEMA ")) return replyError(attached);
  wrongSchema_ = true;
  const auto found = "The data in Redis under the prefix '" + prefix_ + "' has schema " +
                     attached.text.substr(attached.text.find(' ') + 1);
  if (older) {
    return {ErrorCode::Unavailable, found +
                                        ", which was in use before the first release and is no longer read. Use "
                                        "another Redis:KeyPrefix, or an empty Redis, and register the endpoints anew."};
  }
  return {ErrorCode::Unavailable, found + ", this version of Lull reads up to " + std::to_string(kSchema) +
                                      ". Start a newer version, or use another Redis:KeyPrefix."};
}

Error Shard::failure(Error error) {
  if (error.code == ErrorCode::Unavailable) meter_.redisError();
  return error;
}

Error Shard::failure(const Reply& reply) {
  // Damage is left after mending only when the endpoint was deleted a moment ago, or when there is too much of it.
  if (mendable(reply) && !reply.isError()) return damageError(reply);
  if (reply.text.starts_with("LULLSTALE")) return {ErrorCode::Stale, "The endpoint registry has changed."};
  meter_.redisError();
  return replyError(reply);
}

Result<ConnectionPool::Borrowed> Shard::borrow() {
  auto borrowed = pool_.borrow();
  if (!borrowed) return failure(borrowed.error());
  return borrowed;
}

Result<Reply> Shard::run(std::string_view script, const std::vector<std::string>& keys,
                         const std::vector<std::string>& arguments) {
  auto borrowed = borrow();
  if (!borrowed) return borrowed.error();
  const auto command = scripts_[script].call(keys, arguments);
  return settled(**borrowed, command, scripts_.run(**borrowed, command));
}

std::vector<Result<Reply>> Shard::runAll(const std::vector<Command>& scripts) {
  auto borrowed = borrow();
  if (!borrowed) return std::vector<Result<Reply>>(scripts.size(), borrowed.error());
  auto results = scripts_.run(**borrowed, scripts);
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    results[i] = settled(**borrowed, scripts[i], std::move(results[i]));
  }
  return results;
}

// Puts in order what a script met, and says what its reply means.
Result<Reply> Shard::settled(Connection& connection, const Command& script, Result<Reply> reply) {
  if (reply && mendable(*reply)) reply = mendAndRun(connection, script, std::move(*reply));
  if (!reply) return failure(reply.error());
  if (reply->isError() || mendable(*reply)) return failure(*reply);
  return reply;
}

std::string Shard::epoch() {
  return *epoch_.lock();
}

}  // namespace lull::redis
