#pragma once

#include "own_listeners.hpp"

#include <lull/api/server.hpp>
#include <lull/brokers/broker_channel.hpp>
#include <lull/brokers/broker_list.hpp>
#include <lull/config/load.hpp>
#include <lull/config/settings.hpp>
#include <lull/dispatch/dispatcher.hpp>
#include <lull/formats/formats.hpp>
#include <lull/net/egress_rules.hpp>
#include <lull/net/native_documents.hpp>
#include <lull/net/transport_settings.hpp>
#include <lull/net/webhook_channel.hpp>
#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/mailbox_store.hpp>
#include <lull/redis/managed_server.hpp>
#include <lull/redis/queue_caps.hpp>
#include <lull/redis/queue_store.hpp>
#include <lull/redis/replay_store.hpp>
#include <lull/redis/sealer.hpp>
#include <lull/redis/shard.hpp>
#include <lull/redis/window_store.hpp>
#include <lull/runtime/log.hpp>
#include <lull/synchronous/calls.hpp>

#include <memory>

namespace lull::app {

/// The settings as each module takes them: config knows no module, no module knows config.
redis::Address addressOf(const config::RedisAddress& address);
redis::ManagedServerSettings managedSettings(const config::Settings& settings,
                                             std::shared_ptr<redis::ServerGuard> guard);
/// From Encryption:KeyFile, or from the data directory, where a key is made when there is none; an External Redis
/// without a key file gets a sealer that seals nothing. Managed mode must hold the data directory already.
Result<redis::Sealer> sealer(const config::Settings& settings);
redis::ShardSettings shardSettings(const config::Settings& settings, redis::Address address);
redis::AdmissionSettings admissionSettings(const config::Settings& settings);
redis::WindowTimes windowTimes(const config::Settings& settings);
redis::QueueSettings queueSettings(const config::Settings& settings);
redis::ReplaySettings replaySettings(const config::Settings& settings);
redis::QueueCaps queueCaps(const config::Settings& settings);
redis::MailboxLimits mailboxLimits(const config::Settings& settings);
dispatch::DispatchSettings dispatchSettings(const config::Settings& settings);
synchronous::CallSettings callSettings(const config::Settings& settings);
net::EgressRules egressRules(const config::Settings& settings, RedisKnown redis);
net::TransportSettings transportSettings(const config::Settings& settings);
net::WebhookChannelSettings channelSettings(const config::Settings& settings);
/// Of the channels that go to brokers, the one of this kind.
brokers::ChannelSettings brokerSettings(const config::Settings& settings, ChannelKind kind);
std::vector<brokers::ListedBroker> listedBrokers(const config::Settings& settings);
/// Mailboxes:MaxWaiting, or less where the process may not open so many files.
std::size_t maxWaiting(const config::Settings& settings);
/// A sentence for the log when it is less; nothing when it is not.
std::optional<std::string> shortOfFiles(const config::Settings& settings);
/// `shown` is what people may be told of the settings.
api::ApiSettings apiSettings(const config::Settings& settings, const std::vector<config::ConfigLine>& shown);
/// Where the keys of access tokens are fetched from; in Authentication:Mode Jwt without a PublicKeyPath.
auth::KeySource keySource(const config::Settings& settings);
net::DocumentSettings documentSettings(const config::Settings& settings);
runtime::LogSettings logSettings(const config::Settings& settings);
formats::Formats formatsOf(const config::Settings& settings);
std::vector<ChangeType> changeTypes(const config::Settings& settings);
/// The delay before a message's second attempt; merges into attempted content are due no later than this.
Millis firstRetryDelay(const config::Settings& settings);

/// The version that replies and User-Agent carry.
std::string version();

}  // namespace lull::app
