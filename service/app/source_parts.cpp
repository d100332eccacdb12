#include "source_parts.hpp"

#ifdef LULL_ODBC
#include <lull/odbc/odbc_outbox.hpp>
#endif

namespace lull::app {

namespace {

std::vector<ports::SourceName> namesOf(const config::Settings& settings) {
  std::vector<ports::SourceName> names;
  for (const auto& source : settings.sources) names.push_back({source.name, "Outbox"});
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

std::string threadName(std::size_t number) {
  return "source-" + std::to_string(number);
}

}  // namespace

Status SourceParts::check([[maybe_unused]] const config::Settings& settings) {
#ifndef LULL_ODBC
  if (!settings.sources.empty())
    return Error{ErrorCode::InvalidInput,
                 "Sources: this build has no ODBC (LULL_ODBC is off), so it cannot read the table of source " +
                     settings.sources.front().name + "."};
#endif
  return Done{};
}

SourceParts::SourceParts(const config::Settings& settings, redis::Shard& shard, ports::Admission& admission,
                         ports::Alerts& alerts, const Catalogue& catalogue)
    : store_(shard, namesOf(settings), asked_.ringer()), reader_(catalogue) {
  std::vector<sources::OutboxLoop*> loops;
  for (const auto& source : settings.sources) {
    auto table = tableOf(source);
    if (!table) continue;
    tables_.push_back(std::move(table));
    loops.push_back(&loops_.emplace_back(sources::OutboxSettings{source.name, source.interval, source.batchSize},
                                         sources::OutboxPorts{*tables_.back(), admission, reader_, store_, alerts}));
  }
  holder_ = std::make_unique<sources::SourceLoop>(store_, std::move(loops));
  asked_.connect([this] { holder_->wake(); });
}

void SourceParts::start(runtime::Supervisor& threads) {
  if (loops_.empty()) return;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    threads.start({threadName(i), [loop = &loops_[i]] { loop->run(); }, [loop = &loops_[i]] { loop->stop(); }});
  }
  threads.start({"sources", [this] { holder_->run(); }, [this] { holder_->stop(); }});
}

void SourceParts::stopStarting() {
  for (auto& loop : loops_) loop.stop();
}

void SourceParts::finish(runtime::Supervisor& threads, const runtime::Deadline& deadline) {
  for (std::size_t i = 0; i < loops_.size(); ++i) threads.stopBy(threadName(i), deadline);
  for (auto& loop : loops_) loop.cutOff();
}

void SourceParts::awaitRollback(runtime::Supervisor& threads, const runtime::Deadline& deadline) {
  for (std::size_t i = 0; i < loops_.size(); ++i) threads.stopBy(threadName(i), deadline);
  threads.stopBy("sources", deadline);
}

}  // namespace lull::app
