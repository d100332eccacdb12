#include "addresses.hpp"
#include "key_table.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Millis kShortest{100};
constexpr Millis kZero{0};
constexpr const char* kStatusForm = "codes 100-599 or classes such as 2xx";

template <class... Path>
Rule listenAddresses(Path... path) {
  return ignoringEmptyEntries(listOf(
      parsed<ListenAddress>(append(path...), "URL", "http://host:port, separated by ;", parseListenAddress), ";,"));
}

template <class Member>
auto putKey(Member member) {
  return [=](Target& target, auto value) {
    target.settings.authentication.apiKeys[target.index].*member = std::move(value);
  };
}

template <class Member>
auto putType(Member member) {
  return [=](Target& target, auto value) {
    auto& slot = target.settings.changeTypes[target.index].*member;
    slot = static_cast<std::remove_reference_t<decltype(slot)>>(std::move(value));
  };
}

template <class Member>
Rule jwtUrl(Member member) {
  return parsed<std::string>(put(&Settings::authentication, &AuthenticationSettings::jwt, member), "URL",
                             "absolute https (or http) URL", parseHttpUrl);
}

template <class Member>
Rule jwtText(Member member) {
  return text(put(&Settings::authentication, &AuthenticationSettings::jwt, member), "any text");
}

std::vector<KeyRow> listeningRows() {
  return {
      {"Urls", "http://127.0.0.1:8080", "", listenAddresses(&Settings::urls), Secrecy::Url,
       "Addresses to listen on; `*`, `+` and `localhost` as in Kestrel. `ASPNETCORE_URLS` sets it too, and "
       "`ASPNETCORE_HTTP_PORTS` where nothing else does."},
      {"PathBase", "", "none", parsed<std::string>(put(&Settings::pathBase), "path", "/segment…", parsePathBase),
       Secrecy::Open,
       "Path that a proxy puts in front; requests are served with it and, where the proxy strips it, without."},
      {"AllowedHosts", "", "any; in mode `None` loopback names and address literals",
       ignoringEmptyEntries(listOf(parsed<std::string>(append(&Settings::allowedHosts), "host name",
                                                       "names, *.suffixes, or * for any", parseAllowedHost),
                                   ";,")),
       Secrecy::Open,
       "Names in the `Host` header that are served, separated by `;` as in ASP.NET; any other is answered 421."},
      {"Cors:Origins", "", "none",
       listOf(parsed<std::string>(append(&Settings::cors, &CorsSettings::origins), "origin",
                                  "origins such as https://console.example.com", parseOrigin)),
       Secrecy::Open, "Origins whose pages may call the API from a browser. Writes of other origins are answered 403."},
      {"Management:Urls", "", "health and metrics on `Urls`",
       listenAddresses(&Settings::management, &ManagementSettings::urls), Secrecy::Url,
       "When set, health and metrics are served only here."},
      {"Limits:MaxBodyBytes", "1048576", "",
       integer(put(&Settings::limits, &LimitSettings::maxBodyBytes), 1024, 104857600), Secrecy::Open,
       "Largest request body; a larger one is answered 413."},
      {"Limits:InFlightBytes", "67108864", "",
       integer(put(&Settings::limits, &LimitSettings::inFlightBytes), 1024, 1099511627776), Secrecy::Open,
       "Bytes of request bodies that one process holds at once, from their arrival until they are handled, and again "
       "of "
       "large replies on their way; beyond, requests are answered 503 with `Retry-After`."},
      {"Limits:Endpoints", "10000", "", integer(put(&Settings::limits, &LimitSettings::endpoints), 1, 1000000),
       Secrecy::Open, "Endpoints that can be registered; a further one is answered 409."},
      {"Limits:RequestsPerSecond", "0", "",
       integer(put(&Settings::limits, &LimitSettings::requestsPerSecond), 0, 1000000), Secrecy::Open,
       "Requests that one credential may send in a second to one replica, the rest is answered 429 with `Retry-After`; "
       "0 sets no limit. Health, metrics and pages are not counted."},
      {"Shutdown:Deadline", "00:00:25", "",
       duration(put(&Settings::shutdown, &ShutdownSettings::deadline), kZero, hours{1}), Secrecy::Open,
       "How long a stop waits for deliveries in flight."},
      {"Startup:WaitForRedis", "true", "", boolean(put(&Settings::startup, &StartupSettings::waitForRedis)),
       Secrecy::Open,
       "Start although an external Redis cannot be used yet, not ready until it can; false ends the process instead."},
  };
}

std::vector<KeyRow> redisRows() {
  return {
      {"Redis:Mode", "", "`Managed`, or `External` as soon as a connection string is given",
       choice<RedisMode>(put(&Settings::redis, &RedisSettings::mode),
                         {{"Managed", RedisMode::Managed}, {"External", RedisMode::External}}),
       Secrecy::Open, "Managed runs a private redis-server in the data directory."},
      {"Redis:ConnectionString", "", "none",
       text(put(&Settings::redis, &RedisSettings::connectionString), "host:6379,password=…, redis://…, unix:/path",
            checkConnectionString),
       Secrecy::ConnectionString, "The external Redis. `ConnectionStrings:Redis` is an alias."},
      {"Redis:KeyPrefix", "lull", "",
       text(put(&Settings::redis, &RedisSettings::keyPrefix), "1-64 characters of A-Z a-z 0-9 . _ - :", checkKeyPrefix),
       Secrecy::Open, "Begins every key in Redis; installations that share a Redis need different ones."},
      {"Redis:DataDirectory", "./data", "",
       text(put(&Settings::redis, &RedisSettings::dataDirectory), "path of a directory", checkNotEmpty), Secrecy::Open,
       "Where the managed Redis keeps its files."},
      {"Redis:AppendFsync", "always", "",
       choice<AppendFsync>(
           put(&Settings::redis, &RedisSettings::appendFsync),
           {{"always", AppendFsync::Always}, {"everysec", AppendFsync::EverySec}, {"no", AppendFsync::No}}),
       Secrecy::Open, "When the managed Redis writes to the disk (Managed only); `everysec` may lose about 2 s."},
      {"Redis:MaxMemory", "", "a quarter of the machine's memory, or of the container's limit",
       parsed<std::uint64_t>(put(&Settings::redis, &RedisSettings::maxMemory), "size",
                             "1mb and more, as in redis.conf: bytes, or with k, kb, m, mb, g, gb; 0 sets no limit",
                             parseMemorySize),
       Secrecy::Open,
       "How much the managed Redis may hold (Managed only). Nothing is evicted: when it is full, events are answered "
       "503 and deliveries go on."},
      {"Redis:AllowVolatile", "false", "", boolean(put(&Settings::redis, &RedisSettings::allowVolatile)), Secrecy::Open,
       "Accept an external Redis that has no append-only file or evicts keys."},
      {"Encryption:KeyFile", "", "Managed: made in the data directory; External: none (refused in Production)",
       readableFile(put(&Settings::encryption, &EncryptionSettings::keyFile)), Secrecy::FileName,
       "The key that encrypts secrets and header values in Redis."},
  };
}

std::vector<KeyRow> eventRows() {
  return {
      {"Debouncing:Interval", "00:00:05", "",
       duration(put(&Settings::debouncing, &DebouncingSettings::interval), kZero, days{30}), Secrecy::Open,
       "How long an item must be quiet before its notification is made; 00:00:00 does not wait."},
      {"Debouncing:MaxWait", "", "the larger of 00:00:30 and 6 x `Debouncing:Interval`",
       duration(put(&Settings::debouncing, &DebouncingSettings::maxWait), kZero, days{180}), Secrecy::Open,
       "The longest that a stream of events can hold a notification back; not below the interval."},
      {"Notifications:IdField", "BaseId", "",
       choice<IdField>(put(&Settings::notifications, &NotificationSettings::idField),
                       {{"BaseId", IdField::BaseId}, {"Specific", IdField::Specific}}),
       Secrecy::Open, "`Specific` names the base item AssetId, MetafieldId, TreeValueId or ComboValueId."},
      {"Events:IdempotencyWindow", "1.00:00:00", "",
       duration(put(&Settings::events, &EventSettings::idempotencyWindow), seconds{1}, days{30}), Secrecy::Open,
       "How long the id of an event is remembered."},
      {"ChangeTypes:{i}:Name", "", "the built-in catalogue", text(putType(&ChangeType::name), kNameForm, checkName),
       Secrecy::Open, "Name of a change type; the section replaces the built-in catalogue."},
      {"ChangeTypes:{i}:Value", "", "", integer(putType(&ChangeType::value), 1, 1 << 30), Secrecy::Open,
       "Its bit: a power of two that no other type has."},
      {"ChangeTypes:{i}:IdName", "", "", text(putType(&ChangeType::idName), kNameForm, checkName), Secrecy::Open,
       "Member name of the base item in the older notification form."},
      {"ChangeTypes:{i}:Events", "", "",
       listOf(text([](Target& target,
                      const std::string& event) { target.settings.changeTypes[target.index].events.push_back(event); },
                   kNameForm, checkName)),
       Secrecy::Open, "The internal events that raise it, spelt exactly so."},
  };
}

std::vector<KeyRow> deliveryRows() {
  return {
      {"Delivery:Timeout", "00:00:15", "",
       duration(put(&Settings::delivery, &DeliverySettings::timeout), kShortest, minutes{2}), Secrecy::Open,
       "Total deadline of one attempt: resolve, connect, write and read. An endpoint may have its own."},
      {"Delivery:MaxConcurrency", "256", "",
       integer(put(&Settings::delivery, &DeliverySettings::maxConcurrency), 1, 4096), Secrecy::Open,
       "Attempts in flight in one process."},
      {"Delivery:MaxConcurrencyPerEndpoint", "16", "",
       integer(put(&Settings::delivery, &DeliverySettings::maxConcurrencyPerEndpoint), 1, 1024), Secrecy::Open,
       "Attempts in flight to one endpoint. An endpoint may have its own."},
      {"Delivery:Transport", "Native", "",
       choice<Transport>(put(&Settings::delivery, &DeliverySettings::transport),
                         {{"Native", Transport::Native}, {"CppRest", Transport::CppRest}}),
       Secrecy::Open,
       "`CppRest` cannot hold every limit: it calls only what `Egress:AllowedNetworks` or `:AllowedHosts` names."},
      {"Delivery:SuccessStatuses", "2xx", "",
       statuses(put(&Settings::delivery, &DeliverySettings::successStatuses), "2xx, or codes 200-299", checkSuccess),
       Secrecy::Open, "Answers that count as delivered."},
      {"Delivery:PermanentStatuses", "400,405,413,414,415,422,501", "",
       statuses(put(&Settings::delivery, &DeliverySettings::permanentStatuses), kStatusForm), Secrecy::Open,
       "Answers that make a dead letter at once."},
      {"Delivery:MaxAge", "4.00:00:00", "",
       duration(put(&Settings::delivery, &DeliverySettings::maxAge), seconds{1}, days{365}), Secrecy::Open,
       "A message older than this is buried as expired; paused time does not count."},
      {"Delivery:LeaseMargin", "00:00:10", "",
       duration(put(&Settings::delivery, &DeliverySettings::leaseMargin), kShortest, minutes{10}), Secrecy::Open,
       "What a lease lasts longer than the time-out; a crashed process's work is taken over after both."},
  };
}

std::vector<KeyRow> failureRows() {
  const auto retry = [](auto member) { return put(&Settings::delivery, &DeliverySettings::retry, member); };
  const auto breaker = [](auto member) { return put(&Settings::delivery, &DeliverySettings::circuitBreaker, member); };
  return {
      {"Delivery:Retry:Schedule", "00:00:05,00:05:00,00:30:00,02:00:00,05:00:00,10:00:00,14:00:00,20:00:00,1.00:00:00",
       "",
       listOf(
           duration(append(&Settings::delivery, &DeliverySettings::retry, &RetrySettings::schedule), kZero, days{30})),
       Secrecy::Open,
       "One delay per retry: N entries make N+1 attempts, none makes one. An attempt that newer changes or somebody "
       "brought forward uses up none."},
      {"Delivery:Retry:Jitter", "0.2", "", number(retry(&RetrySettings::jitter), 0, 1), Secrecy::Open,
       "Share of a delay that is drawn at random."},
      {"Delivery:Retry:MaxRetryAfter", "1.00:00:00", "",
       duration(retry(&RetrySettings::maxRetryAfter), kZero, days{30}), Secrecy::Open,
       "The longest `Retry-After` that is followed; 0 follows none."},
      {"Delivery:CircuitBreaker:Failures", "5", "", integer(breaker(&CircuitBreakerSettings::failures), 0, 1000000),
       Secrecy::Open,
       "Failures in a row that open the breaker of an endpoint; 0 switches it off. Permanent statuses, and 429 or 503 "
       "with `Retry-After`, are none: that receiver lives."},
      {"Delivery:CircuitBreaker:Probe", "00:00:10", "",
       duration(breaker(&CircuitBreakerSettings::probe), kShortest, days{1}), Secrecy::Open,
       "First wait of an open breaker; doubles after every probe that fails."},
      {"Delivery:CircuitBreaker:MaxProbe", "00:05:00", "",
       duration(breaker(&CircuitBreakerSettings::maxProbe), kShortest, days{30}), Secrecy::Open,
       "Where the doubling ends; not below the first wait."},
      {"DeadLetters:Retention", "30.00:00:00", "",
       duration(put(&Settings::deadLetters, &DeadLetterSettings::retention), seconds{1}, days{3650}), Secrecy::Open,
       "A dead letter older than this is removed, and counted."},
      {"DeadLetters:MaxPerEndpoint", "100000", "",
       integer(put(&Settings::deadLetters, &DeadLetterSettings::maxPerEndpoint), 1, 10000000), Secrecy::Open,
       "At this many nothing is evicted: the endpoint pauses."},
  };
}

std::vector<KeyRow> egressRows() {
  return {
      {"Egress:AllowedNetworks", "", "public addresses only",
       listOf(parsed<std::string>(append(&Settings::egress, &EgressSettings::allowedNetworks), "network",
                                  "CIDR such as 10.0.0.0/8 or fd00::/8", parseNetwork)),
       Secrecy::Open, "Private networks that endpoints may be in."},
      {"Egress:AllowedHosts", "", "none",
       listOf(parsed<std::string>(append(&Settings::egress, &EgressSettings::allowedHosts), "host name",
                                  "names, or suffixes such as .svc.cluster.local", parseHostSuffix)),
       Secrecy::Open, "Names that may resolve to private addresses."},
      {"Egress:AllowedPorts", "80,443,3000,5000,5001,7071,8080,8443", "",
       listOf(parsed<PortRange>(append(&Settings::egress, &EgressSettings::allowedPorts), "port",
                                "1-65535, or ranges such as 3000-3999", parsePortRange)),
       Secrecy::Open, "Ports that endpoints may have."},
      {"Egress:CaFile", "", "the system's", readableFile(put(&Settings::egress, &EgressSettings::caFile)),
       Secrecy::FileName,
       "PEM file of the authorities that certificates of endpoints and of the token issuer are checked against."},
  };
}

std::vector<KeyRow> authenticationRows() {
  return {
      {"Authentication:Mode", "None", "",
       choice<AuthenticationMode>(put(&Settings::authentication, &AuthenticationSettings::mode),
                                  {{"None", AuthenticationMode::None},
                                   {"ApiKey", AuthenticationMode::ApiKey},
                                   {"Jwt", AuthenticationMode::Jwt}}),
       Secrecy::Open, "`None` is refused unless every address of `Urls` is loopback, or `AllowAnonymous` is true."},
      {"Authentication:AllowAnonymous", "false", "",
       boolean(put(&Settings::authentication, &AuthenticationSettings::allowAnonymous)), Secrecy::Open,
       "Allow `None` on addresses that others can reach."},
      {"Authentication:ApiKeys:{i}:Name", "", "none",
       text(putKey(&ApiKeySettings::name), "1-100 characters", checkLabel), Secrecy::Open,
       "Says in logs whose key it is."},
      {"Authentication:ApiKeys:{i}:Sha256", "", "",
       parsed<std::string>(putKey(&ApiKeySettings::sha256), "text", "64 hex digits, as `lull hash-key` prints",
                           parseSha256),
       Secrecy::Hidden, "SHA-256 of the key in hex; `lull hash-key` makes one."},
      {"Authentication:ApiKeys:{i}:Roles", "", "",
       listOf(parsed<std::string>(
           [](Target& target, std::string role) {
             target.settings.authentication.apiKeys[target.index].roles.push_back(std::move(role));
           },
           "role", kRoleNames, parseRole)),
       Secrecy::Open, "What the key may do."},
      {"Authentication:Jwt:Authority", "", "none", jwtUrl(&JwtSettings::authority), Secrecy::Url,
       "OpenID Connect issuer whose discovery document names the keys; or one of the next two."},
      {"Authentication:Jwt:JwksUrl", "", "none", jwtUrl(&JwtSettings::jwksUrl), Secrecy::Url, "URL of a JSON key set."},
      {"Authentication:Jwt:PublicKeyPath", "", "none",
       readableFile(put(&Settings::authentication, &AuthenticationSettings::jwt, &JwtSettings::publicKeyPath)),
       Secrecy::FileName, "PEM file with one public key: RSA of 2048 bits or more, or EC P-256. Read at the start."},
      {"Authentication:Jwt:Issuer", "", "the authority's; without one any (warned)", jwtText(&JwtSettings::issuer),
       Secrecy::Open,
       "Required `iss` claim; also what the discovery document may call itself instead of the authority."},
      {"Authentication:Jwt:Audience", "", "any (warned)", jwtText(&JwtSettings::audience), Secrecy::Open,
       "Required `aud` claim, or one of several there."},
      {"Authentication:Jwt:RolesClaim", "roles", "",
       text(put(&Settings::authentication, &AuthenticationSettings::jwt, &JwtSettings::rolesClaim),
            "claim name or dotted path", checkNotEmpty),
       Secrecy::Open,
       "Where the roles are: a claim of exactly this name, else a dotted path such as `realm_access.roles`; `\\.` is a "
       "dot in a name."},
  };
}

std::vector<KeyRow> loggingRows() {
  const std::vector<std::pair<std::string, LogLevel>> levels{
      {"Trace", LogLevel::Trace},     {"Debug", LogLevel::Debug}, {"Information", LogLevel::Information},
      {"Warning", LogLevel::Warning}, {"Error", LogLevel::Error}, {"Critical", LogLevel::Critical},
      {"None", LogLevel::None}};
  const auto set = [](const std::string& fixedName) {
    return [fixedName](Target& target, LogLevel level) {
      target.settings.logging.levels[fixedName.empty() ? target.name : fixedName] = level;
    };
  };
  return {
      {"Logging:LogLevel:Default", "Information", "", choice<LogLevel>(set("Default"), levels), Secrecy::Open,
       "Least level that is logged."},
      {"Logging:LogLevel:{category}", "", "`Logging:LogLevel:Default`", choice<LogLevel>(set(""), levels),
       Secrecy::Open, "The same for one category, such as `Lull.Delivery`."},
      {"Logging:Format", "Json", "",
       choice<LogFormat>(put(&Settings::logging, &LoggingSettings::format),
                         {{"Json", LogFormat::Json}, {"Console", LogFormat::Console}}),
       Secrecy::Open, "One JSON object per line, or text for people."},
  };
}

std::vector<KeyRow> allRows() {
  std::vector<KeyRow> rows;
  for (auto* section :
       {listeningRows, redisRows, eventRows, deliveryRows, failureRows, egressRows, authenticationRows, loggingRows}) {
    for (KeyRow& row : section()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

const std::vector<KeyRow>& keyRows() {
  static const std::vector<KeyRow> kRows = allRows();
  return kRows;
}

}  // namespace lull::config
