#include <lull/redis/script.hpp>
#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace lull::redis {

namespace {

bool isNoScript(const Reply& reply) {
  return reply.isError() && reply.text.starts_with("NOSCRIPT");
}

}  // namespace

Script Script::of(std::string_view name, std::string_view text) {
  return {std::string(name), std::string(text), text::toHex(text::sha1(text))};
}

Command Script::call(std::span<const std::string> keys, std::span<const std::string> arguments) const {
  Command command;
  command.reserve(3 + keys.size() + arguments.size());
  command.emplace_back("EVALSHA");
  command.push_back(sha1);
  command.push_back(std::to_string(keys.size()));
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

Command Script::call(std::span<const std::string> keys, std::vector<std::string>&& arguments) const {
  auto command = call(keys, std::span<const std::string>{});
  command.insert(command.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  return command;
}

ScriptSet::ScriptSet(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
  for (const auto& script : scripts_) {
    byName_.emplace(script.name, &script);
    bySha1_.emplace(script.sha1, &script);
  }
}

const Script& ScriptSet::operator[](std::string_view name) const {
  return *byName_.at(name);
}

Result<Reply> ScriptSet::run(Connection& connection, const Command& command) const {
  auto reply = connection.call(command);
  if (!reply) return reply;
  return taught(connection, command, std::move(*reply));
}

std::vector<Result<Reply>> ScriptSet::run(Connection& connection, std::span<const Command> commands) const {
  auto replies = connection.pipeline(commands);
  if (!replies) return std::vector<Result<Reply>>(commands.size(), replies.error());
  std::vector<Result<Reply>> results;
  results.reserve(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    results.push_back(taught(connection, commands[i], std::move((*replies)[i])));
  }
  return results;
}

// The reply to a call; where Redis did not know the script, that to a second call, which brings it along.
Result<Reply> ScriptSet::taught(Connection& connection, const Command& command, Reply reply) const {
  if (!isNoScript(reply)) return reply;
  const auto known = bySha1_.find(command.at(1));
  if (known == bySha1_.end()) return reply;
  Command again = command;
  again[0] = "EVAL";
  again[1] = known->second->text;
  return connection.call(again);
}

Error replyError(const Reply& reply) {
  struct Row {
    std::string_view code;
    std::string_view sentence;
  };
  static constexpr std::array kRows{
      Row{"LOADING", "Redis is still loading its data; wait until it has."},
      Row{"OOM", "Redis is full: raise its maxmemory, or let the backlog drain."},
      Row{"READONLY", "Redis is read-only (a replica): give the address of the primary in Redis:ConnectionString."},
      Row{"MASTERDOWN", "Redis has lost its primary; wait for the failover, or repair it."},
      Row{"MISCONF", "Redis refuses writes because it cannot save them: look at its log and its disk."},
      Row{"NOREPLICAS", "Redis refuses writes because too few replicas are connected: repair them."},
      Row{"CLUSTERDOWN", "The Redis cluster is down: repair it."},
      Row{"BUSY", "Redis is busy with a long script; try again."},
      Row{"NOSCRIPT", "Redis has just lost its scripts; try again."},
      Row{"NOPERM", "The Redis user lacks a right that Lull needs: grant it (~lull keys, +@all)."},
      Row{"LULLSCHEMA", "Its data has a newer schema than this version of Lull reads: start a newer version."},
      Row{"LULLOLD", "Its data has a schema that this version of Lull no longer reads: use another Redis:KeyPrefix."},
      Row{"LULLEMPTY", "Redis has just been emptied; try again."},
      Row{"LULLMETA", "A number of Lull's in Redis cannot be read; try again."},
      Row{"LULLPART", "Events that came before these could not be stored, so these were not either; send them again."},
      Row{"NOAUTH", "Redis wants a password: set it in Redis:ConnectionString."},
      Row{"WRONGPASS", "Redis does not know the user or its password: correct Redis:ConnectionString."},
      Row{"MOVED", "Redis is a cluster, which this version does not speak to: give a single server."},
      Row{"ASK", "Redis is a cluster, which this version does not speak to: give a single server."},
      Row{"CROSSSLOT", "Redis is a cluster, which this version does not speak to: give a single server."},
  };
  // Redis 6.2 wraps the code of an error that a script ran into: "ERR Error running script (…): @user_script:1: -OOM
  // …".
  const auto* const row = std::ranges::find_if(kRows, [&](const Row& candidate) {
    const std::string code = std::string(candidate.code) + " ";
    return reply.text.starts_with(code) || reply.text.find(": -" + code) != std::string::npos;
  });
  if (row != kRows.end()) {
    return {ErrorCode::Unavailable, std::string(row->sentence) + " It says: " + reply.text.substr(0, 200)};
  }
  // An error of our own scripts, or a key of another type, does not pass by waiting. Every other error may: its cause
  // is a proxy, an operator or a limit.
  constexpr std::array<std::string_view, 4> kOurs{"LULL", "WRONGTYPE", "user_script", "Error compiling script"};
  const bool ours =
      std::ranges::any_of(kOurs, [&](std::string_view mark) { return reply.text.find(mark) != std::string::npos; });
  return {ours ? ErrorCode::Internal : ErrorCode::Unavailable,
          "Redis answered with an error: " + reply.text.substr(0, 200)};
}

}  // namespace lull::redis
