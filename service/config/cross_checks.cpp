#include "cross_checks.hpp"

#include "broker_checks.hpp"
#include "checks.hpp"
#include "format_checks.hpp"
#include "security_checks.hpp"
#include "setting_text.hpp"
#include "source_checks.hpp"

#include <lull/text/ascii.hpp>

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

namespace lull::config {
namespace {

void resolveRedis(Checks& checks) {
  Bound& bound = checks.bound();
  RedisSettings& redis = bound.settings.redis;
  const bool hasString = bound.isGiven("Redis:ConnectionString");
  if (!bound.isGiven("Redis:Mode")) {
    redis.mode = hasString ? RedisMode::External : RedisMode::Managed;
    bound.line("Redis:Mode")->value = hasString ? "External" : "Managed";
  } else if (checks.valid({"Redis:Mode"})) {
    if (redis.mode == RedisMode::Managed && hasString) {
      checks.problem("Redis:Mode", "contradicts Redis:ConnectionString, which " +
                                       bound.line("Redis:ConnectionString")->source +
                                       " sets; allowed: External, or no connection string");
    }
    if (redis.mode == RedisMode::External && !hasString) {
      checks.problem("Redis:Mode",
                     "needs Redis:ConnectionString, which nothing sets; allowed: Managed, or a connection "
                     "string such as host:6379,password=…");
    }
  }
  if (hasString && checks.valid({"Redis:ConnectionString"})) {
    redis.address = parseRedisConnectionString(redis.connectionString).value();
  }
  if (redis.mode == RedisMode::External && bound.isGiven("Redis:AppendFsync")) {
    checks.warning("Redis:AppendFsync", "has no effect: Redis:Mode is External");
  }
  if (redis.mode == RedisMode::External && bound.isGiven("Redis:MaxMemory")) {
    checks.warning("Redis:MaxMemory", "has no effect: Redis:Mode is External; set maxmemory in that Redis");
  }
}

void resolveDebouncing(Checks& checks) {
  constexpr Millis kLeastMaxWait{30'000};
  constexpr int kIntervals = 6;
  DebouncingSettings& debouncing = checks.bound().settings.debouncing;
  if (!checks.valid({"Debouncing:Interval", "Debouncing:MaxWait"})) return;
  if (!checks.bound().isGiven("Debouncing:MaxWait")) {
    debouncing.maxWait = std::max(kLeastMaxWait, kIntervals * debouncing.interval);
    checks.bound().line("Debouncing:MaxWait")->value = formatTimeSpan(debouncing.maxWait);
  } else if (debouncing.maxWait < debouncing.interval) {
    checks.problem("Debouncing:MaxWait",
                   "is below Debouncing:Interval; allowed: " + formatTimeSpan(debouncing.interval) + " or more");
  }
}

void checkStatuses(Checks& checks) {
  const DeliverySettings& delivery = checks.bound().settings.delivery;
  if (!checks.valid({"Delivery:SuccessStatuses", "Delivery:PermanentStatuses"})) return;
  if (delivery.successStatuses.empty()) {
    checks.problem("Delivery:SuccessStatuses", "is empty; allowed: 2xx, or codes 200-299");
  }
  if (const int shared = delivery.successStatuses.firstShared(delivery.permanentStatuses); shared != 0) {
    checks.problem(
        "Delivery:PermanentStatuses",
        "holds " + std::to_string(shared) + ", which Delivery:SuccessStatuses holds too; allowed: one of them");
  }
}

void checkDelivery(Checks& checks) {
  const Settings& settings = checks.bound().settings;
  const DeliverySettings& delivery = settings.delivery;
  const auto& breaker = delivery.circuitBreaker;
  if (checks.valid({"Delivery:CircuitBreaker:Probe", "Delivery:CircuitBreaker:MaxProbe"}) &&
      breaker.maxProbe < breaker.probe) {
    checks.problem("Delivery:CircuitBreaker:MaxProbe",
                   "is below Delivery:CircuitBreaker:Probe; allowed: " + formatTimeSpan(breaker.probe) + " or more");
  }
  const Millis retries = std::accumulate(delivery.retry.schedule.begin(), delivery.retry.schedule.end(), Millis{0});
  if (checks.valid({"Delivery:Retry:Schedule", "Delivery:MaxAge"}) && retries > delivery.maxAge) {
    checks.warning("Delivery:MaxAge", "is shorter than the delays of Delivery:Retry:Schedule together (" +
                                          formatTimeSpan(retries) + "): the last retries will not happen");
  }
  if (checks.valid({"Delivery:MaxConcurrency", "Delivery:MaxConcurrencyPerEndpoint"}) &&
      checks.bound().isGiven("Delivery:MaxConcurrencyPerEndpoint") &&
      delivery.maxConcurrencyPerEndpoint > delivery.maxConcurrency) {
    checks.warning("Delivery:MaxConcurrencyPerEndpoint", "is above Delivery:MaxConcurrency and cannot be reached");
  }
}

// What an attempt may take, what its lease lasts and how long a stop waits: limits that contradict each other are found
// before anything is sent twice because of them.
void checkTimes(Checks& checks) {
  const Settings& settings = checks.bound().settings;
  const DeliverySettings& delivery = settings.delivery;
  if (checks.valid({"Shutdown:Deadline", "Delivery:Timeout"}) && settings.shutdown.deadline < delivery.timeout) {
    const std::string least = formatTimeSpan(delivery.timeout);
    if (checks.bound().isGiven("Shutdown:Deadline")) {
      checks.problem("Shutdown:Deadline",
                     "is below Delivery:Timeout: a stop would cut attempts short, and they would be sent again; "
                     "allowed: " +
                         least + " or more");
    } else {
      checks.warning("Shutdown:Deadline",
                     "is below Delivery:Timeout: a stop may cut attempts short, which are then sent again; set it to " +
                         least + " or more");
    }
  }
  const Millis lease = delivery.timeout + delivery.leaseMargin;
  if (checks.valid({"Delivery:MaxAge", "Delivery:Timeout", "Delivery:LeaseMargin"}) && delivery.maxAge < lease) {
    checks.warning("Delivery:MaxAge", "is shorter than a lease (Delivery:Timeout and Delivery:LeaseMargin, " +
                                          formatTimeSpan(lease) +
                                          "): what a crashed process was sending is not sent again");
  }
}

/// The adapter for trusted networks calls nothing that the operator has not named, so it needs a name.
void checkTransport(Checks& checks) {
  const Settings& settings = checks.bound().settings;
  if (!checks.valid({"Delivery:Transport", "Egress:AllowedNetworks", "Egress:AllowedHosts"})) return;
  const bool named = !settings.egress.allowedNetworks.empty() || !settings.egress.allowedHosts.empty();
  if (settings.delivery.transport != TransportKind::CppRest || named) return;
  checks.problem("Delivery:Transport",
                 "is for trusted networks only, and none is named; allowed: Native, or Egress:AllowedNetworks or "
                 "Egress:AllowedHosts with the networks or names that endpoints are in");
}

void checkListening(Checks& checks) {
  const Settings& settings = checks.bound().settings;
  if (!checks.valid({"Urls", "Management:Urls"})) return;
  if (settings.urls.empty()) checks.problem("Urls", "names no address; allowed: http://host:port, separated by ;");
  for (const ListenAddress& address : settings.management.urls) {
    const bool taken = std::find(settings.urls.begin(), settings.urls.end(), address) != settings.urls.end();
    if (taken && address.port != 0) {
      checks.problem("Management:Urls", "repeats an address of Urls; allowed: other ports, or empty");
    }
  }
}

void checkLimits(Checks& checks) {
  const LimitSettings& limits = checks.bound().settings.limits;
  if (!checks.valid({"Limits:InFlightBytes", "Limits:MaxBodyBytes"})) return;
  if (limits.inFlightBytes < limits.maxBodyBytes) {
    checks.warning("Limits:InFlightBytes",
                   "is below Limits:MaxBodyBytes: a body that is larger than it is answered 413");
  }
}

struct TypeCheck {
  Checks& checks;
  std::map<std::uint32_t, std::string> valueOwners{};
  std::map<std::string, std::string> nameOwners{};
  std::map<std::string, std::string> eventOwners{};

  void run(const ChangeType& type, const std::string& prefix, const std::vector<std::string>& objects) {
    if (checks.present(prefix + ":Name")) checks.once(nameOwners, type.name, prefix + ":Name");
    checks.present(prefix + ":IdName");
    if (checks.present(prefix + ":Value")) {
      if (!std::has_single_bit(type.value)) {
        checks.problem(prefix + ":Value", "is not a single bit; allowed: 1, 2, 4, 8, … 1073741824");
      } else {
        checks.once(valueOwners, type.value, prefix + ":Value");
      }
    }
    for (const auto& index : objects) checks.present(prefix + ":Events:" + index + ":Name");
    if (objects.empty() && !checks.present(prefix + ":Events")) return;
    for (const auto& event : type.events) {
      if (!event.name.empty()) checks.once(eventOwners, event.name, prefix + ":Events");
    }
  }
};

void checkChangeTypes(Checks& checks) {
  TypeCheck check{checks};
  const auto& types = checks.bound().settings.changeTypes;
  for (std::size_t i = 0; i < types.size(); ++i) {
    check.run(types[i], "ChangeTypes:" + checks.bound().changeTypeIndexes[i], checks.bound().eventIndexes[i]);
  }
}

/// What clients of mailboxes publish under a change type becomes one of its events. Names of change types go by their
/// spelling in the catalogue from here on: the keys of settings have any case.
void resolvePublishTypes(Checks& checks) {
  auto& settings = checks.bound().settings;
  const Catalogue catalogue(settings.changeTypes.empty() ? builtinChangeTypes() : settings.changeTypes);
  std::map<std::string, std::string> resolved;
  for (const auto& [topic, event] : settings.mailboxes.publishTypes) {
    const auto key = "Mailboxes:PublishType:" + topic;
    const auto& types = catalogue.types();
    const auto isMeant = [&name = topic](const ChangeType& one) { return text::equalsIgnoringCase(one.name, name); };
    const auto type = std::ranges::find_if(types, isMeant);
    if (type == types.end()) {
      checks.problem(key, "is of no change type; allowed: Mailboxes:PublishType: and a name of GET /change-types");
    } else if (catalogue.ofEvent(event) != &*type) {
      checks.problem(key, "is no event of " + type->name + "; allowed: one that GET /change-types lists there");
    } else {
      resolved.emplace(type->name, event);
    }
  }
  settings.mailboxes.publishTypes = std::move(resolved);
}

}  // namespace

void resolveAndCheck(Bound& bound, Findings& findings) {
  Checks checks(bound, findings);
  resolveRedis(checks);
  resolveDebouncing(checks);
  checkStatuses(checks);
  checkDelivery(checks);
  checkTransport(checks);
  checkTimes(checks);
  checkListening(checks);
  checkLimits(checks);
  checkChangeTypes(checks);
  resolvePublishTypes(checks);
  checkFormats(checks);
  resolveBrokers(checks);
  checkSources(checks);
  checkAuthentication(checks);
  checkEncryption(checks);
}

}  // namespace lull::config
