#pragma once

#include <lull/config/broker_address.hpp>
#include <lull/config/redis_address.hpp>
#include <lull/domain/change_type.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/outbox.hpp>
#include <lull/domain/status_set.hpp>
#include <lull/domain/time.hpp>
#include <lull/formats/formats.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The one typed, validated form of appsettings. Every value here has passed its checks; defaults are resolved.
/// Plain data: copy it, read it from any thread. Paths are as written (relative ones start at the working directory).
namespace lull::config {

/// One address to listen on. Only "http" gets here: TLS ends at the proxy in front of Lull.
struct ListenAddress {
  std::string scheme = "http";
  std::string host;  ///< "*" (every interface), "localhost" (127.0.0.1 and ::1), or an IP literal without brackets
  std::uint16_t port = 0;  ///< 0 lets the system choose
  bool operator==(const ListenAddress&) const = default;

  /// True for "localhost", 127.0.0.0/8 and ::1.
  bool isLoopback() const;
};

enum class RedisMode { Managed, External };
enum class AppendFsync { Always, EverySec, No };

struct RedisSettings {
  RedisMode mode = RedisMode::Managed;
  std::string connectionString;         ///< secret (it may hold a password); empty when Managed
  std::optional<RedisAddress> address;  ///< the connection string, read; empty when Managed
  std::string keyPrefix;
  std::string dataDirectory;  ///< Managed only
  AppendFsync appendFsync = AppendFsync::Always;
  bool allowVolatile = false;
  std::optional<std::uint64_t> maxMemory;  ///< bytes, 0: no limit; absent: a quarter of the memory. Managed only
};

struct DebouncingSettings {
  Millis interval{};
  Millis maxWait{};  ///< resolved: never below interval
};

struct NotificationSettings {
  IdField idField = IdField::BaseId;
};

enum class TransportKind { Native, CppRest };

struct RetrySettings {
  std::vector<Millis> schedule;  ///< N entries make N+1 attempts
  double jitter = 0;             ///< 0..1, the share of a delay that is drawn at random
  Millis maxRetryAfter{};
};

struct CircuitBreakerSettings {
  int failures = 0;  ///< in a row; 0 switches the breaker off
  Millis probe{};
  Millis maxProbe{};  ///< never below probe
};

struct DeliverySettings {
  Millis timeout{};
  int maxConcurrency = 0;
  int maxConcurrencyPerEndpoint = 0;
  TransportKind transport = TransportKind::Native;
  StatusSet successStatuses;    ///< a non-empty subset of 2xx
  StatusSet permanentStatuses;  ///< shares nothing with successStatuses
  RetrySettings retry;
  CircuitBreakerSettings circuitBreaker;
  Millis maxAge{};
  std::int64_t maxQueued{};       ///< per endpoint with delivery 'every'; 0: no limit
  std::int64_t maxQueuedBytes{};  ///< the same in bytes
  Millis syncDeadline{};          ///< of all calls to endpoints with delivery 'sync' within one request
  Millis leaseMargin{};           ///< a lease lasts the endpoint's time-out plus this
};

struct DeadLetterSettings {
  Millis retention{};
  std::int64_t maxPerEndpoint = 0;
};

struct ReplaySettings {
  Millis retention{};         ///< how long the last change of an item is remembered
  std::int64_t maxItems = 0;  ///< of so many items
};

struct MailboxSettings {
  std::size_t maxWaiting = 0;  ///< calls that wait for a message at the same time, in one process
  Millis idleExpiry{};
  std::uint32_t maxReceives = 0;  ///< locks without a confirmation until a message is given up; 0: never
  bool allowPublish = false;      ///< clients of mailboxes may publish
  std::map<std::string, std::string> publishTypes;  ///< change type → internal event that a publication becomes
};

/// How a broker is spoken to.
enum class BrokerProtocol {
  Amqp,   ///< AMQP; an endpoint's channel says which one: rabbitmq 0-9-1, amqp 1.0
  Stomp,  ///< STOMP 1.2, for the channel amqp
};

/// A broker that endpoints may name.
struct BrokerSettings {
  std::string name;
  BrokerProtocol protocol = BrokerProtocol::Amqp;
  BrokerAddress address;          ///< of Url; its user and password, a secret, may come from Username and Password
  std::string username;           ///< as given; see `address`
  std::string password;           ///< secret; as given
  std::string caFile;             ///< PEM; empty: the system's
  std::string clientCertificate;  ///< PEM of a certificate and its key; empty: none
};

enum class SourceType { Outbox, RabbitMq };

struct SourceSettings {
  std::string name;
  SourceType type = SourceType::Outbox;
  std::string connectionString;  ///< secret: it may hold a password. This and the next five: of an Outbox
  std::string table = "lull_outbox";
  OutboxColumns columns = parseOutboxColumns(kDefaultOutboxColumns).value();
  std::string takeSql;  ///< empty: by the dialect of the database
  Millis interval{300'000};
  std::size_t batchSize = 100;
  std::string broker;  ///< this and the next three: of a queue of RabbitMQ
  std::string queue;
  std::size_t prefetch = 200;
  std::string deadLetterExchange;  ///< empty: what is refused is rejected to where the queue says
};

/// Inclusive at both ends.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool operator==(const PortRange&) const = default;
};

struct EgressSettings {
  std::vector<std::string> allowedNetworks;  ///< CIDR text without host bits, such as "10.0.0.0/8", "::1/128"
  std::vector<std::string> allowedHosts;     ///< lower case; ".suffix" matches every name below it, "name" itself only
  std::vector<PortRange> allowedPorts;
  std::string caFile;  ///< PEM; empty: the system's
};

enum class AuthenticationMode { None, ApiKey, Jwt };

struct ApiKeySettings {
  std::string name;
  std::string sha256;              ///< 64 lower-case hex digits
  std::vector<std::string> roles;  ///< the exact role names
};

/// Exactly one of authority, jwksUrl and publicKeyPath is set when the mode is Jwt.
struct JwtSettings {
  std::string authority;
  std::string jwksUrl;
  std::string publicKeyPath;
  std::string issuer;      ///< empty: what the authority's discovery document says, else not checked (warned)
  std::string audience;    ///< empty: not checked (warned)
  std::string rolesClaim;  ///< may be a dotted path
  std::string clientId;    ///< of the console at the authority; empty: the console has no sign-in
  std::string scope;       ///< what the console asks for when somebody signs in
};

struct AuthenticationSettings {
  AuthenticationMode mode = AuthenticationMode::None;
  bool allowAnonymous = false;
  std::vector<ApiKeySettings> apiKeys;
  JwtSettings jwt;
};

struct EventSettings {
  Millis idempotencyWindow{};
};

struct LimitSettings {
  std::size_t maxBodyBytes = 0;
  std::size_t inFlightBytes = 0;  ///< of request bodies in one process, and as much again of large replies
  std::size_t endpoints = 0;
  int requestsPerSecond = 0;  ///< of one principal, in one process; 0: no limit
};

struct CorsSettings {
  std::vector<std::string> origins;  ///< "https://console.example.com", lower case, without a path
};

struct ManagementSettings {
  std::vector<ListenAddress> urls;  ///< empty: health and metrics are served on Settings::urls
};

struct ShutdownSettings {
  Millis deadline{};
};

struct StartupSettings {
  bool waitForRedis = true;
};

struct EncryptionSettings {
  std::string keyFile;  ///< empty: Managed makes one in the data directory, External does not encrypt
};

/// The names of .NET, in the order of runtime::LogLevel (which this module may not include).
enum class LogLevel { Trace, Debug, Information, Warning, Error, Critical, None };
enum class LogFormat { Json, Console };

struct LoggingSettings {
  LogFormat format = LogFormat::Json;
  std::map<std::string, LogLevel> levels;  ///< category prefix → least level; "Default" is always there
};

struct Settings {
  std::string environment;  ///< DOTNET_ENVIRONMENT, default "Production"
  std::vector<ListenAddress> urls;
  std::vector<std::string> allowedHosts;  ///< "name", "*.below.it" or "*", lower case; empty: see ApiSettings
  CorsSettings cors;
  std::string pathBase;  ///< "" or "/something" without a slash at the end
  RedisSettings redis;
  DebouncingSettings debouncing;
  NotificationSettings notifications;
  DeliverySettings delivery;
  DeadLetterSettings deadLetters;
  ReplaySettings replay;
  MailboxSettings mailboxes;
  std::vector<BrokerSettings> brokers;
  EgressSettings egress;
  AuthenticationSettings authentication;
  EventSettings events;
  LimitSettings limits;
  ManagementSettings management;
  ShutdownSettings shutdown;
  StartupSettings startup;
  EncryptionSettings encryption;
  LoggingSettings logging;
  std::vector<ChangeType> changeTypes;  ///< empty: the built-in catalogue
  std::vector<formats::FormatText> formats;
  formats::Values formatValues;
  std::vector<SourceSettings> sources;
};

}  // namespace lull::config
