#include "settings_mapping.hpp"

#include "descriptor_plan.hpp"

#include <lull/app/machine_memory.hpp>

namespace lull::app {

namespace {

std::vector<api::ListenOn> listenOn(const std::vector<config::ListenAddress>& addresses) {
  std::vector<api::ListenOn> result;
  result.reserve(addresses.size());
  for (const auto& address : addresses) result.push_back({address.host, address.port});
  return result;
}

auth::AuthMode authMode(config::AuthenticationMode mode) {
  switch (mode) {
    case config::AuthenticationMode::None:
      return auth::AuthMode::None;
    case config::AuthenticationMode::ApiKey:
      return auth::AuthMode::ApiKey;
    case config::AuthenticationMode::Jwt:
      break;
  }
  return auth::AuthMode::Jwt;  // whatever it is, it is not anonymous
}

std::string fsyncText(config::AppendFsync mode) {
  if (mode == config::AppendFsync::Always) return "always";
  return mode == config::AppendFsync::EverySec ? "everysec" : "no";
}

DescriptorNeeds descriptorNeeds(const config::Settings& settings) {
  return {static_cast<std::size_t>(settings.delivery.maxConcurrency), settings.mailboxes.maxWaiting};
}

DescriptorPlan descriptors(const config::Settings& settings) {
  return planDescriptors(fileLimit(), descriptorNeeds(settings));
}

}  // namespace

std::size_t maxWaiting(const config::Settings& settings) {
  return descriptors(settings).waiting;
}

std::optional<std::string> shortOfFiles(const config::Settings& settings) {
  return shortOfFiles(fileLimit(), descriptorNeeds(settings));
}

net::TransportSettings transportSettings(const config::Settings& settings) {
  net::TransportSettings transport{settings.egress.caFile};
  transport.maxIdleConnections = descriptors(settings).keptAlive;
  return transport;
}

std::string version() {
  return LULL_VERSION;
}

redis::Address addressOf(const config::RedisAddress& address) {
  return {address.host, address.port, address.unixPath, address.user, address.password, address.db, address.tls};
}

redis::ManagedServerSettings managedSettings(const config::Settings& settings,
                                             std::shared_ptr<redis::ServerGuard> guard) {
  redis::ManagedServerSettings managed;
  managed.dataDirectory = settings.redis.dataDirectory;
  managed.appendFsync = fsyncText(settings.redis.appendFsync);
  managed.guard = std::move(guard);
  managed.maxMemory = settings.redis.maxMemory.value_or(usableMemory() / 4);
  return managed;
}

Result<redis::Sealer> sealer(const config::Settings& settings) {
  const auto& file = settings.encryption.keyFile;
  const bool managed = settings.redis.mode == config::RedisMode::Managed;
  if (file.empty() && !managed) return redis::Sealer();
  auto keys = file.empty() ? redis::keyFileIn(settings.redis.dataDirectory) : redis::readKeyFile(file);
  if (!keys) return std::move(keys).error();
  return redis::Sealer(*std::move(keys));
}

redis::ShardSettings shardSettings(const config::Settings& settings, redis::Address address) {
  redis::ShardSettings shard;
  shard.pool.address = std::move(address);
  if (settings.redis.address && settings.redis.address->commandTimeout)
    shard.pool.timeout = *settings.redis.address->commandTimeout;
  shard.keyPrefix = settings.redis.keyPrefix;
  return shard;
}

redis::AdmissionSettings admissionSettings(const config::Settings& settings) {
  redis::AdmissionSettings admission;
  admission.interval = settings.debouncing.interval;
  admission.maxWait = settings.debouncing.maxWait;
  admission.idempotencyWindow = settings.events.idempotencyWindow;
  return admission;
}

Millis firstRetryDelay(const config::Settings& settings) {
  const auto& schedule = settings.delivery.retry.schedule;
  return schedule.empty() ? Millis{0} : schedule.front();
}

// A fiftieth of the interval is little beside what a window waits anyway.
constexpr auto kSlacksPerInterval = 50;
constexpr Millis kMostSlack{20};

redis::WindowTimes windowTimes(const config::Settings& settings) {
  return {firstRetryDelay(settings), settings.debouncing.maxWait,
          std::min(settings.debouncing.interval / kSlacksPerInterval, kMostSlack)};
}

// More than any queue can hold, and still exact in a script's numbers.
constexpr std::uint64_t kNoCap = std::uint64_t{1} << 53;

redis::QueueSettings queueSettings(const config::Settings& settings) {
  const auto& breaker = settings.delivery.circuitBreaker;
  redis::QueueSettings queue;
  queue.maxAge = settings.delivery.maxAge;
  queue.firstRetryDelay = firstRetryDelay(settings);
  queue.breakerFailures = static_cast<std::uint32_t>(breaker.failures);
  queue.probe = breaker.probe;
  queue.maxProbe = breaker.maxProbe;
  queue.maxDeadLetters = static_cast<std::uint64_t>(settings.deadLetters.maxPerEndpoint);
  return queue;
}

redis::ReplaySettings replaySettings(const config::Settings& settings) {
  return {settings.replay.retention, static_cast<std::uint64_t>(settings.replay.maxItems), firstRetryDelay(settings),
          static_cast<std::uint32_t>(settings.delivery.maxConcurrencyPerEndpoint)};
}

redis::MailboxLimits mailboxLimits(const config::Settings& settings) {
  return {settings.limits.endpoints, settings.mailboxes.idleExpiry, settings.mailboxes.maxReceives,
          static_cast<std::uint64_t>(settings.deadLetters.maxPerEndpoint)};
}

redis::QueueCaps queueCaps(const config::Settings& settings) {
  const auto capOf = [](std::int64_t setting) { return setting == 0 ? kNoCap : static_cast<std::uint64_t>(setting); };
  return {capOf(settings.delivery.maxQueued), capOf(settings.delivery.maxQueuedBytes)};
}

dispatch::DispatchSettings dispatchSettings(const config::Settings& settings) {
  const auto& delivery = settings.delivery;
  dispatch::DispatchSettings dispatch;
  dispatch.retry = {delivery.retry.schedule, delivery.retry.jitter};
  dispatch.timeout = delivery.timeout;
  dispatch.leaseMargin = delivery.leaseMargin;
  dispatch.maxConcurrency = static_cast<std::uint32_t>(delivery.maxConcurrency);
  dispatch.maxPerEndpoint = static_cast<std::uint32_t>(delivery.maxConcurrencyPerEndpoint);
  dispatch.maxSockets = static_cast<std::uint32_t>(descriptors(settings).attempts);
  return dispatch;
}

synchronous::CallSettings callSettings(const config::Settings& settings) {
  synchronous::CallSettings calls;
  calls.deadline = settings.delivery.syncDeadline;
  calls.timeout = settings.delivery.timeout;
  return calls;
}

net::EgressRules egressRules(const config::Settings& settings, RedisKnown redis) {
  net::EgressRules rules;
  rules.allowedNetworks = settings.egress.allowedNetworks;
  rules.allowedHosts = settings.egress.allowedHosts;
  rules.trustedOnly = settings.delivery.transport == config::TransportKind::CppRest;
  for (const auto& range : settings.egress.allowedPorts) rules.allowedPorts.push_back({range.first, range.last});
  rules.ownListeners = ownListeners(settings, redis);
  return rules;
}

brokers::ChannelSettings brokerSettings(const config::Settings& settings, ChannelKind kind) {
  brokers::ChannelSettings channel;
  for (const auto& broker : settings.brokers) {
    if (kind == ChannelKind::RabbitMq && broker.protocol == config::BrokerProtocol::Stomp) continue;
    const auto& at = broker.address;
    channel.brokers.push_back({broker.name, at.host, at.port, at.tls, at.user, at.password, at.virtualHost, at.exchange,
                               broker.caFile, broker.clientCertificate});
  }
  return channel;
}

std::vector<brokers::ListedBroker> listedBrokers(const config::Settings& settings) {
  std::vector<brokers::ListedBroker> listed;
  for (const auto& broker : settings.brokers)
    listed.push_back({broker.name, broker.protocol == config::BrokerProtocol::Stomp});
  return listed;
}

net::WebhookChannelSettings channelSettings(const config::Settings& settings) {
  net::WebhookChannelSettings channel;
  channel.version = version();
  channel.response = {settings.delivery.successStatuses, settings.delivery.permanentStatuses,
                      settings.delivery.retry.maxRetryAfter};
  return channel;
}

api::ApiSettings apiSettings(const config::Settings& settings, const std::vector<config::ConfigLine>& shown) {
  api::ApiSettings result;
  result.listen = listenOn(settings.urls);
  result.management = listenOn(settings.management.urls);
  result.pathBase = settings.pathBase;
  const auto& authentication = settings.authentication;
  result.auth.mode = authMode(authentication.mode);
  for (const auto& key : authentication.apiKeys) result.auth.keys.push_back({key.name, key.sha256, key.roles});
  result.auth.token = {authentication.jwt.issuer, authentication.jwt.audience, authentication.jwt.rolesClaim};
  result.allowedHosts = settings.allowedHosts;
  result.corsOrigins = settings.cors.origins;
  result.maxConnections = descriptors(settings).clients;
  result.maxWaiting = maxWaiting(settings);
  result.maxBodyBytes = settings.limits.maxBodyBytes;
  result.inFlightBytes = settings.limits.inFlightBytes;
  result.requestsPerSecond = static_cast<unsigned>(settings.limits.requestsPerSecond);
  result.version = version();
  result.deliveryTimeout = settings.delivery.timeout;
  for (const auto& broker : settings.brokers) {
    result.brokers.push_back(
        {broker.name, !broker.address.exchange.empty(), broker.protocol == config::BrokerProtocol::Stomp});
  }
  result.mailboxes = {settings.mailboxes.allowPublish, settings.mailboxes.publishTypes};
  for (const auto& line : shown) result.shown.push_back({line.key, line.value, line.source});
  return result;
}

auth::KeySource keySource(const config::Settings& settings) {
  const auto& jwt = settings.authentication.jwt;
  return {jwt.authority, jwt.jwksUrl, jwt.issuer};
}

net::DocumentSettings documentSettings(const config::Settings& settings) {
  net::DocumentSettings documents;
  documents.caFile = settings.egress.caFile;
  return documents;
}

runtime::LogSettings logSettings(const config::Settings& settings) {
  runtime::LogSettings log;
  log.format =
      settings.logging.format == config::LogFormat::Json ? runtime::LogFormat::Json : runtime::LogFormat::Console;
  log.levels.clear();
  for (const auto& [category, level] : settings.logging.levels) {
    log.levels[category] = static_cast<runtime::LogLevel>(level);
  }
  return log;
}

formats::Formats formatsOf(const config::Settings& settings) {
  return {settings.formats, settings.formatValues, settings.notifications.idField};
}

std::vector<ChangeType> changeTypes(const config::Settings& settings) {
  return settings.changeTypes.empty() ? builtinChangeTypes() : settings.changeTypes;
}

}  // namespace lull::app
