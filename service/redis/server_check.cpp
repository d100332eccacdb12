#include "connect.hpp"

#include <lull/redis/script.hpp>
#include <lull/redis/server_check.hpp>

#include <charconv>
#include <map>
#include <sstream>
#include <utility>

namespace lull::redis {

namespace {

constexpr std::pair kOldestVersion{6, 2};

using Facts = std::map<std::string, std::string>;

Facts readInfo(const std::string& info) {
  Facts facts;
  std::istringstream lines(info);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const auto colon = line.find(':');
    if (line.starts_with('#') || colon == std::string::npos) continue;
    facts[line.substr(0, colon)] = line.substr(colon + 1);
  }
  return facts;
}

// "7.0.15" → {7, 0}; what is no number counts as 0 and so as too old.
std::pair<int, int> majorMinor(const std::string& version) {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto [dot, failure] = std::from_chars(version.data(), end, major);
  if (failure == std::errc{} && dot != end) std::from_chars(dot + 1, end, minor);
  return {major, minor};
}

ServerCheck refusing(std::string problem) {
  ServerCheck check;
  check.problems.push_back(std::move(problem));
  return check;
}

void judgeKind(Facts& facts, ServerCheck& check) {
  if (majorMinor(check.version) < kOldestVersion) {
    check.problems.push_back("Redis is version " + (check.version.empty() ? "unknown" : check.version) +
                             ", and Lull needs 6.2 or newer: upgrade it, or give the address of a newer one in "
                             "Redis:ConnectionString.");
  }
  if (facts["redis_mode"] == "sentinel") {
    check.problems.emplace_back(
        "This is a Redis Sentinel, which keeps no data: give the address of the primary in Redis:ConnectionString.");
  } else if (facts["redis_mode"] == "cluster" || facts["cluster_enabled"] == "1") {
    check.problems.emplace_back(
        "Redis runs in cluster mode, which Lull does not support yet: use a Redis with cluster-enabled no.");
  }
  if (facts["role"] == "slave") {
    check.wait = "Redis is a read-only replica: give the address of the primary in Redis:ConnectionString.";
  }
  if (facts["loading"] == "1") check.wait = "Redis is still loading its data; wait until it has.";
}

void judgeVolatility(Facts& facts, bool allowVolatile, ServerCheck& check) {
  auto& findings = allowVolatile ? check.warnings : check.problems;
  const std::string allow = allowVolatile
                                ? " Redis:AllowVolatile lets Lull run on it; accepted events can be lost."
                                : " If losing accepted events is acceptable, set Redis:AllowVolatile to true.";
  const std::string policy = facts["maxmemory_policy"];
  if (policy != "noeviction") {
    findings.push_back("Redis may evict what Lull keeps in it (maxmemory-policy is " +
                       (policy.empty() ? "unknown" : policy) + "): set it to noeviction." + allow);
  }
  if (facts["aof_enabled"] != "1") {
    findings.push_back("Redis forgets events when it restarts (append-only is off): set appendonly to yes." + allow);
  }
}

}  // namespace

ServerCheck judgeServer(const std::string& info, bool allowVolatile) {
  Facts facts = readInfo(info);
  ServerCheck check;
  check.runId = facts["run_id"];
  check.version = facts["redis_version"];
  judgeKind(facts, check);
  // A Sentinel is refused already, and has neither memory nor append-only file to judge.
  if (facts["redis_mode"] != "sentinel") judgeVolatility(facts, allowVolatile, check);
  return check;
}

Result<ServerCheck> checkServer(Connection& connection, bool allowVolatile) {
  const auto info = connection.call({"INFO"});
  if (!info) return info.error();
  if (info->text.starts_with("NOPERM")) {
    return refusing(
        "The Redis user may not call INFO, so Lull cannot tell whether Redis keeps events safely: grant it "
        "(ACL SETUSER <user> +info).");
  }
  if (info->isError()) return replyError(*info);
  return judgeServer(info->text, allowVolatile);
}

Result<ServerCheck> askServer(const Address& address, bool allowVolatile, Millis timeout) {
  auto connection = connectOnly(address, timeout);
  if (!connection) return connection.error();
  if (auto ready = logIn(**connection, address); !ready) {
    if (ready.error().code != ErrorCode::Conflict) return std::move(ready).error();
    return refusing(ready.error().message);
  }
  return checkServer(**connection, allowVolatile);
}

}  // namespace lull::redis
