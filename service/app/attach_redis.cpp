#include "attach_redis.hpp"

#include <lull/redis/server_check.hpp>
#include <lull/runtime/log.hpp>
#include <lull/runtime/signal.hpp>

#include <algorithm>
#include <vector>

namespace lull::app {

namespace {

using runtime::LogLevel;

constexpr Millis kConnectTimeout{3000};
constexpr Millis kBetweenTries{500};

/// The outcome of one try. When both texts are empty, Redis can be used.
struct Try {
  std::string problem;   ///< waiting does not help
  std::string obstacle;  ///< may pass by waiting
  std::vector<std::string> warnings{};
};

Try checked(const config::Settings& settings, const redis::Address& address) {
  const bool managed = settings.redis.mode == config::RedisMode::Managed;
  const auto check = redis::askServer(address, settings.redis.allowVolatile || managed, kConnectTimeout);
  if (!check) return {"", check.error().message};
  // While Redis loads its data, its other answers may still change.
  if (!check->wait.empty()) return {"", check->wait};
  if (check->problems.empty()) return {"", "", check->warnings};
  std::string all;
  for (const auto& problem : check->problems) all += (all.empty() ? "" : "\n") + problem;
  return {all, ""};
}

// A key file that opens none of the stored values is the wrong one, which is better said now than at every attempt.
// When it opens some values, the others are damaged or need a missing key: that stops only their endpoints.
std::string keyProblem(const ports::RegistrySnapshot& stored) {
  const auto sealed = [](const auto& entry) { return !entry.second->damaged; };
  const auto shut = [](const auto& entry) { return !entry.second->damaged && !entry.second->unreadable.empty(); };
  const auto first = std::ranges::find_if(stored.endpoints, shut);
  if (first == stored.endpoints.end()) return "";
  const auto count = std::ranges::count_if(stored.endpoints, shut);
  if (count < std::ranges::count_if(stored.endpoints, sealed)) return "";
  return "Encryption:KeyFile does not open " + std::to_string(count) + " of " +
         std::to_string(stored.endpoints.size()) + " registered endpoints; the first is " + first->first + ". " +
         first->second->unreadable;
}

// The section ChangeTypes may have lost a type that an endpoint is subscribed to: it will never get a notification of
// that type.
void warnOfUnknownTypes(const ports::RegistrySnapshot& stored, const Catalogue& catalogue) {
  std::uint32_t unknown = 0;
  std::size_t count = 0;
  for (const auto& [id, endpoint] : stored.endpoints) {
    const auto missing = endpoint->registration.changeTypes & ~catalogue.mask();
    unknown |= missing;
    if (missing != 0) ++count;
  }
  if (count == 0) return;
  std::string names;
  for (const auto& name : catalogue.namesOf(unknown)) names += (names.empty() ? "" : ", ") + name;
  runtime::log(
      LogLevel::Warning, "Lull.Start",
      "endpoints subscribe to change types that the catalogue no longer has: no new event raises them; give the "
      "types back in ChangeTypes, or take the bits out of the endpoints' changeTypes",
      {{"endpoints", count}, {"changeTypes", names}});
}

// The settings may have lost a format that endpoints have, or a value that it needs: their messages wait until it is
// back.
void warnOfMissingFormats(const ports::RegistrySnapshot& stored, const formats::Formats& formats) {
  std::size_t count = 0;
  std::string first;
  for (const auto& [id, endpoint] : stored.endpoints) {
    if (endpoint->damaged) continue;
    const auto format = formats.of(endpoint->registration);
    if (format) continue;
    if (++count == 1) first = id + ": " + format.error().message;
  }
  if (count == 0) return;
  runtime::log(LogLevel::Warning, "Lull.Start",
               "endpoints have a format that cannot be used with these settings: their messages wait, and no attempt "
               "is spent",
               {{"endpoints", count}, {"first", first}});
}

Try attachOnce(const config::Settings& settings, const RedisUsers& users) {
  auto redis = checked(settings, users.address);
  if (!redis.problem.empty() || !redis.obstacle.empty()) return redis;
  const auto failed = [&](const Error& error) {
    return users.shard.wrongSchema() ? Try{error.message, ""} : Try{"", error.message};
  };
  if (const auto sampled = users.clock.sample(users.shard); !sampled) return failed(sampled.error());
  const auto loaded = users.registry.current();
  if (!loaded) return failed(loaded.error());
  if (auto problem = keyProblem(**loaded); !problem.empty()) return {problem, ""};
  warnOfUnknownTypes(**loaded, users.catalogue);
  warnOfMissingFormats(**loaded, users.formats);
  return redis;
}

}  // namespace

Status attachRedis(const config::Settings& settings, const RedisUsers& users, const std::stop_token& cancel,
                   const std::function<void(const std::string&)>& waiting) {
  runtime::Signal cancelled;
  const std::stop_callback onCancel(cancel, [&] { cancelled.notify(); });
  std::string told;
  while (true) {
    auto outcome = attachOnce(settings, users);
    if (!outcome.problem.empty()) return Error{ErrorCode::Unavailable, std::move(outcome.problem)};
    if (outcome.obstacle.empty()) {
      // Writes the warnings once, and not at each try.
      for (const auto& warning : outcome.warnings) runtime::log(LogLevel::Warning, "Lull.Redis", warning);
      break;
    }
    if (!settings.startup.waitForRedis) return Error{ErrorCode::Unavailable, std::move(outcome.obstacle)};
    if (outcome.obstacle != told) {
      told = outcome.obstacle;
      waiting(told);
      runtime::log(LogLevel::Warning, "Lull.Start", "waiting for Redis", {{"reason", told}});
    }
    cancelled.wait(kBetweenTries);
    if (cancel.stop_requested()) return Error{ErrorCode::Unavailable, "The start was cancelled."};
  }
  if (!told.empty()) runtime::log(LogLevel::Information, "Lull.Start", "Redis is there");
  return Done{};
}

}  // namespace lull::app
