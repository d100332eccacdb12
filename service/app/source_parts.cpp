#include "source_parts.hpp"

#include "settings_mapping.hpp"

#include <lull/sources/outbox_loop.hpp>
#include <lull/sources/queue_loop.hpp>
#ifdef LULL_ODBC
#include <lull/odbc/odbc_outbox.hpp>
#endif
#ifdef LULL_HAS_RABBIT
#include <lull/rabbit/rabbit_queue.hpp>
#endif

#include <algorithm>
#include <utility>

namespace lull::app {

namespace {

std::vector<ports::SourceName> namesOf(const config::Settings& settings) {
  std::vector<ports::SourceName> names;
  for (const auto& source : settings.sources)
    names.push_back({source.name, source.type == config::SourceType::RabbitMq ? "RabbitMq" : "Outbox"});
  return names;
}

/// nullptr in a build without ODBC, which check() does not let come so far.
std::unique_ptr<ports::OutboxTable> tableOf([[maybe_unused]] const config::SourceSettings& source) {
#ifdef LULL_ODBC
  return std::make_unique<odbc::OdbcOutbox>(
      odbc::OdbcOutboxSettings{source.connectionString, source.table, source.columns, source.takeSql});
#else
  return nullptr;
#endif
}

/// nullptr in a build without RabbitMQ, which check() does not let come so far.
std::unique_ptr<ports::MessageQueue> queueOf([[maybe_unused]] const config::SourceSettings& source,
                                             [[maybe_unused]] const config::Settings& settings) {
#ifdef LULL_HAS_RABBIT
  const auto brokers = brokerSettings(settings, ChannelKind::RabbitMq).brokers;
  const auto broker = std::ranges::find(brokers, source.broker, &brokers::Broker::name);
  if (broker == brokers.end()) return nullptr;
  return std::make_unique<rabbit::RabbitQueue>(rabbit::RabbitQueueSettings{
      *broker, source.queue, static_cast<std::uint16_t>(source.prefetch), source.deadLetterExchange});
#else
  return nullptr;
#endif
}

constexpr const char* kRejected = "It was rejected: it is where its queue dead-letters to, and gone where it does not.";

std::string whitherOf(const config::SourceSettings& source) {
  if (source.deadLetterExchange.empty()) return kRejected;
  return "It is where the exchange " + source.deadLetterExchange +
         " has brought it, with the reason in its header Lull-Reason.";
}

std::string threadName(std::size_t number) {
  return "source-" + std::to_string(number);
}

}  // namespace

Status SourceParts::check([[maybe_unused]] const config::Settings& settings) {
  [[maybe_unused]] const auto refused = [](const config::SourceSettings& source, const std::string& why) {
    return Error{ErrorCode::InvalidInput, "Sources: this build has no " + why + " of source " + source.name + "."};
  };
  for ([[maybe_unused]] const auto& source : settings.sources) {
#ifndef LULL_ODBC
    if (source.type == config::SourceType::Outbox)
      return refused(source, "ODBC (LULL_ODBC is off), so it cannot read the table");
#endif
#ifndef LULL_HAS_RABBIT
    if (source.type == config::SourceType::RabbitMq)
      return refused(source, "RabbitMQ (LULL_RABBIT is off), so it cannot consume the queue");
#endif
  }
  return Done{};
}

SourceParts::SourceParts(const config::Settings& settings, redis::Shard& shard, ports::Admission& admission,
                         ports::Alerts& alerts, const Catalogue& catalogue)
    : store_(shard, namesOf(settings), asked_.ringer()), parts_(catalogue), bodies_(catalogue) {
  for (const auto& source : settings.sources) add(source, settings, admission, alerts);
  std::vector<sources::LeasedLoop*> loops;
  for (const auto& loop : loops_) loops.push_back(loop.get());
  holder_ = std::make_unique<sources::SourceLoop>(store_, std::move(loops));
  asked_.connect([this] { holder_->wake(); });
}

void SourceParts::add(const config::SourceSettings& source, const config::Settings& settings,
                      ports::Admission& admission, ports::Alerts& alerts) {
  if (source.type == config::SourceType::RabbitMq) {
    auto queue = queueOf(source, settings);
    if (!queue) return;
    queues_.push_back(std::move(queue));
    loops_.push_back(std::make_unique<sources::QueueLoop>(
        sources::QueueSettings{source.name, source.prefetch, whitherOf(source), kRejected},
        sources::QueuePorts{*queues_.back(), admission, bodies_, store_, alerts}));
    return;
  }
  auto table = tableOf(source);
  if (!table) return;
  tables_.push_back(std::move(table));
  loops_.push_back(
      std::make_unique<sources::OutboxLoop>(sources::OutboxSettings{source.name, source.interval, source.batchSize},
                                            sources::OutboxPorts{*tables_.back(), admission, parts_, store_, alerts}));
}

void SourceParts::start(runtime::Supervisor& threads) {
  if (loops_.empty()) return;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    threads.start(
        {threadName(i), [loop = loops_[i].get()] { loop->run(); }, [loop = loops_[i].get()] { loop->stop(); }});
  }
  threads.start({"sources", [this] { holder_->run(); }, [this] { holder_->stop(); }});
}

void SourceParts::stopStarting() {
  for (const auto& loop : loops_) loop->stop();
}

void SourceParts::finish(runtime::Supervisor& threads, const runtime::Deadline& deadline) {
  for (std::size_t i = 0; i < loops_.size(); ++i) threads.stopBy(threadName(i), deadline);
  for (const auto& loop : loops_) loop->cutOff();
}

void SourceParts::awaitRollback(runtime::Supervisor& threads, const runtime::Deadline& deadline) {
  for (std::size_t i = 0; i < loops_.size(); ++i) threads.stopBy(threadName(i), deadline);
  threads.stopBy("sources", deadline);
}

}  // namespace lull::app
