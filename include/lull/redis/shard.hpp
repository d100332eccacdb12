#pragma once

#include <lull/ports/alerts.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/meter.hpp>
#include <lull/redis/connection_pool.hpp>
#include <lull/redis/damage.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/script.hpp>
#include <lull/runtime/guarded.hpp>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

struct ShardSettings {
  PoolSettings pool;
  std::string keyPrefix = "lull";
  ShardNumber number = 0;
};

/// One shard as all adapters of this module see it: the names of its keys, the way to its Redis, the fleet's clock, the
/// epoch of its webhook-ids. Its connections are pooled; their handshake checks the schema and notices a
/// restart. A script that met an emptied Redis, or what it cannot read, has written nothing: the shard is put
/// in order (mending.cpp) and the script sent once more. Thread-safe. Outlives the adapters.
class Shard {
 public:
  /// The schema this binary writes; it refuses a newer one, and one that is too old (lib/types.lua).
  static constexpr int kSchema = 3;

  /// Whether a connection was refused because the data is of another version of Lull: waiting mends nothing.
  bool wrongSchema() const { return wrongSchema_; }

  /// `alerts`, if any, is told what was put in order.
  Shard(ShardSettings settings, ports::Clock& clock, ports::Meter& meter, ports::Alerts* alerts = nullptr);

  ShardNumber number() const { return number_; }
  const Keys& keys() const { return keys_; }
  ports::Clock& clock() const { return clock_; }
  Instant now() const { return clock_.now(); }

  /// Runs one script. Error replies become errors: LULLSTALE is Stale, the rest Unavailable or Internal.
  Result<Reply> run(std::string_view script, const std::vector<std::string>& keys,
                    const std::vector<std::string>& arguments);
  /// The same for several calls of our scripts, which go in one write; returns as many results. Redis does them without
  /// a look at other clients in between, so send few, or short ones. They are not always done in this order, and one
  /// that fails keeps none of the others from being done; when the connection is lost, those without a reply have
  /// failed.
  std::vector<Result<Reply>> runAll(const std::vector<Command>& scripts);
  /// Calls a command whose first word after its name is its key. A key of another type is set aside first.
  Result<Reply> call(const Command& command);
  /// The same for several in one write; returns as many results.
  std::vector<Result<Reply>> callAll(const std::vector<Command>& commands);

  /// A separate connection for pipelining. scripts() sends commands again that were refused because the script cache
  /// was lost.
  Result<ConnectionPool::Borrowed> borrow();
  const ScriptSet& scripts() const { return scripts_; }

  /// Whether the reply names something that the store can put in order before the same script is run again.
  static bool mendable(const Reply& reply);
  /// Puts that in order and runs the script again, several times if necessary.
  Result<Reply> mendAndRun(Connection& connection, const Command& script, Reply reply);
  /// Sets values aside that one of our readers could not read, or that a script reported beside its work.
  Status setAside(const Damage& damage);
  /// The same for one value of the hash or list `key`, when the value is still there. Raises an alert unless
  /// `sentence` is empty.
  void setValueAside(const std::string& key, const StoredValue& value, std::string subject, std::string sentence);

  /// Raises ports::AlertKind::Unreadable.
  void alert(std::string subject, std::string sentence);

  /// The error that an error reply of our scripts means; counts it.
  Error failure(const Reply& reply);
  /// Counts an error and returns it.
  Error failure(Error error);

  /// Random text drawn when this store was first used; part of every webhook-id. Empty before the first connection.
  std::string epoch();

  void stop() { pool_.stop(); }

 private:
  Status attach(Connection& connection);
  static Error damageError(const Reply& reply);
  Error refusal(const Reply& attached);
  Result<Reply> settled(Connection& connection, const Command& script, Result<Reply> reply);
  Result<Reply> answered(Connection& connection, const Command& command, Result<Reply> reply);
  Result<bool> mend(Connection& connection, const Reply& reply);
  Result<Reply> runMend(Connection& connection, std::string_view script, const std::vector<std::string>& keys,
                        const std::vector<std::string>& arguments);
  Result<bool> setKeyAside(Connection& connection, const std::string& key, const std::string& wanted);
  Result<bool> setAside(Connection& connection, const Damage& damage);
  Result<bool> setStreamAside(Connection& connection, const Damage& damage);
  Result<bool> asideBy(Connection& connection, std::string_view script, const std::vector<std::string>& keys,
                       const std::vector<std::string>& arguments, const Damage& damage);

  const std::string prefix_;
  const ShardNumber number_;
  const Keys keys_;
  const ScriptSet scripts_;
  ports::Clock& clock_;
  ports::Meter& meter_;
  ports::Alerts* const alerts_;
  runtime::Guarded<std::string> epoch_;
  std::atomic<bool> wrongSchema_{false};
  ConnectionPool pool_;
};

}  // namespace lull::redis
