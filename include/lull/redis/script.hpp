#pragma once

#include <lull/redis/connection.hpp>

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lull::redis {

/// A Lua script and the name that Redis knows it by: the hex SHA-1 of its text.
struct Script {
  std::string name;  ///< for people
  std::string text;
  std::string sha1;

  static Script of(std::string_view name, std::string_view text);

  /// EVALSHA with these keys and arguments.
  Command call(std::span<const std::string> keys, std::span<const std::string> arguments) const;
  /// The same for arguments that may be large: they are moved.
  Command call(std::span<const std::string> keys, std::vector<std::string>&& arguments) const;
};

/// The scripts that a program uses. Constant after construction, so safe to share between threads.
///
/// Redis learns a script when it is first called. It forgets it on a restart, a failover and SCRIPT FLUSH, and from 7.4
/// on when others have taught it 500 newer ones. It is not taught those that nobody calls: its Lua collector walks
/// through all that it knows, again and again, so that each costs every call a little. A call that was answered
/// NOSCRIPT has done nothing, so whoever has several calls in flight may run() the refused ones again, but puts them
/// behind those that ran.
class ScriptSet {
 public:
  explicit ScriptSet(std::vector<Script> scripts);
  ScriptSet(const ScriptSet&) = delete;
  ScriptSet& operator=(const ScriptSet&) = delete;

  /// The script of that name; asking for one that is not there throws std::out_of_range: it is a defect.
  const Script& operator[](std::string_view name) const;

  /// Sends one EVALSHA of this set. When Redis does not know the script, sends it as EVAL, which also teaches Redis.
  Result<Reply> run(Connection& connection, const Command& command) const;
  /// The same for several in one write. Those that Redis did not know are done behind the others.
  std::vector<Result<Reply>> run(Connection& connection, std::span<const Command> commands) const;

 private:
  Result<Reply> taught(Connection& connection, const Command& command, Reply reply) const;

  std::vector<Script> scripts_;
  std::unordered_map<std::string_view, const Script*> byName_;  // views into scripts_
  std::unordered_map<std::string_view, const Script*> bySha1_;  // views into scripts_
};

/// What an error reply means for the caller: Unavailable with a sentence that says what to do when Redis cannot do it
/// now (loading, read-only, full, disk trouble, script unknown, busy …), Internal otherwise. `reply.isError()` holds.
Error replyError(const Reply& reply);

}  // namespace lull::redis
