#include "keys.hpp"
#include "random_id.hpp"

#include <lull/redis/script_texts.hpp>
#include <lull/redis/store.hpp>

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

Store::Store(StoreSettings settings, ports::Meter& meter)
    : prefix_(std::move(settings.keyPrefix)),
      scripts_(allScripts()),
      meter_(meter),
      pool_(std::move(settings.pool), [this](Connection& connection) { return handshake(connection); }) {}

Status Store::handshake(Connection& connection) {
  if (auto loaded = scripts_.load(connection); !loaded) return loaded;
  const auto info = connection.call({"INFO", "server"});
  if (!info) return info.error();
  const std::vector<std::string> keys{Keys(prefix_).meta()};
  const std::vector<std::string> arguments{std::to_string(kSchema), runIdIn(info->text), randomId(8)};
  auto attached = scripts_.run(connection, scripts_["attach"].call(keys, arguments));
  if (!attached) return attached.error();
  if (attached->isError()) {
    constexpr std::string_view kSchemaError = "LULLSCHEMA ";
    if (!attached->text.starts_with(kSchemaError)) return replyError(*attached);
    return Error{ErrorCode::Unavailable, "The data in Redis under the prefix '" + prefix_ + "' has schema " +
                                             attached->text.substr(kSchemaError.size()) +
                                             ", this version of Lull reads up to " + std::to_string(kSchema) +
                                             ". Start a newer version, or use another Redis:KeyPrefix."};
  }
  *epoch_.lock() = attached->items.at(0).text;
  return Done{};
}

Error Store::failure(Error error) {
  if (error.code == ErrorCode::Unavailable) meter_.redisError();
  return error;
}

Error Store::failure(const Reply& reply) {
  if (reply.text.starts_with("LULLSTALE")) return {ErrorCode::Stale, "The endpoint registry has changed."};
  meter_.redisError();
  return replyError(reply);
}

Result<ConnectionPool::Lease> Store::lease() {
  auto leased = pool_.lease();
  if (!leased) return failure(leased.error());
  return leased;
}

Result<Reply> Store::call(const Command& command) {
  auto reply = pool_.call(command);
  if (!reply) return failure(reply.error());
  if (reply->isError()) return failure(*reply);
  return reply;
}

Result<Reply> Store::run(std::string_view script, const std::vector<std::string>& keys,
                         const std::vector<std::string>& arguments) {
  auto leased = lease();
  if (!leased) return leased.error();
  auto reply = scripts_.run(**leased, scripts_[script].call(keys, arguments));
  if (!reply) return failure(reply.error());
  if (reply->isError()) return failure(*reply);
  return reply;
}

std::string Store::epoch() {
  return *epoch_.lock();
}

}  // namespace lull::redis
