#pragma once

#include <lull/ports/meter.hpp>
#include <lull/redis/connection_pool.hpp>
#include <lull/redis/script.hpp>
#include <lull/runtime/guarded.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

struct StoreSettings {
  PoolSettings pool;
  std::string keyPrefix = "lull";
};

/// The one way to Redis for all adapters of this module: pooled connections whose handshake loads the scripts, checks
/// the schema and notices a restart. Thread-safe. Outlives the adapters.
class Store {
 public:
  /// The schema this binary writes; it refuses a newer one.
  static constexpr int kSchema = 1;

  Store(StoreSettings settings, ports::Meter& meter);

  /// Runs one script. Error replies become errors: LULLSTALE is Stale, the rest Unavailable or Internal.
  Result<Reply> run(std::string_view script, const std::vector<std::string>& keys,
                    const std::vector<std::string>& arguments);
  Result<Reply> call(const Command& command);

  /// A connection of one's own, for pipelining; scripts() mends what a flushed script cache refused.
  Result<ConnectionPool::Lease> lease();
  const ScriptSet& scripts() const { return scripts_; }

  /// What an error reply of our scripts means; counts it.
  Error failure(const Reply& reply);
  /// Counts an error on its way to the caller.
  Error failure(Error error);

  const std::string& prefix() const { return prefix_; }
  /// Random text drawn when this store was first used; part of every webhook-id. Empty before the first connection.
  std::string epoch();

  void stop() { pool_.stop(); }

 private:
  Status handshake(Connection& connection);

  const std::string prefix_;
  const ScriptSet scripts_;
  ports::Meter& meter_;
  runtime::Guarded<std::string> epoch_;
  ConnectionPool pool_;
};

}  // namespace lull::redis
