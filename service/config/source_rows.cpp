#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>
#include <lull/domain/outbox.hpp>

namespace lull::config {

namespace {

template <class Member>
auto putSource(Member member) {
  return [=](RuleTarget& target, auto value) {
    auto& slot = target.settings.sources[target.index].*member;
    slot = static_cast<std::remove_reference_t<decltype(slot)>>(std::move(value));
  };
}

std::string checkTable(std::string_view text) {
  return isTableName(text) ? "" : "is no plain name of a table";
}

std::string checkOdbc(std::string_view text) {
  if (text.empty()) return "is empty";
  return text.find('=') == std::string_view::npos ? "has no keyword=value entry" : "";
}

/// AMQP 0-9-1 section 4.2.5.3: a short string.
std::string checkShortName(std::string_view text) {
  constexpr std::size_t kMostBytes = 255;
  if (text.empty()) return "is empty";
  return text.size() > kMostBytes ? "is longer than 255 bytes" : "";
}

}  // namespace

std::vector<KeyRow> sourceRows() {
  using std::chrono::days;
  using std::chrono::seconds;
  return {
      {"Sources:{i}:Name", "", "none", text(putSource(&SourceSettings::name), kNameForm, checkName), Secrecy::Open,
       "Name of a place from which Lull takes events; see [sources](sources.md)."},
      {"Sources:{i}:Type", "", "",
       choice<SourceType>(putSource(&SourceSettings::type),
                          {{"Outbox", SourceType::Outbox}, {"RabbitMq", SourceType::RabbitMq}}),
       Secrecy::Open, "`Outbox`: a table of a database. `RabbitMq`: a queue of one of the `Brokers`."},
      {"Sources:{i}:ConnectionString", "", "",
       text(putSource(&SourceSettings::connectionString), "an ODBC connection string", checkOdbc), Secrecy::Hidden,
       "How ODBC reaches the database, such as `Driver={PostgreSQL Unicode};Server=db;Database=crm;Uid=lull;Pwd=…`."},
      {"Sources:{i}:Table", "", "`lull_outbox`",
       text(putSource(&SourceSettings::table), "a name, or up to three with points between them", checkTable),
       Secrecy::Open, "The table, such as `crm.lull_outbox`."},
      {"Sources:{i}:Columns", "", "those of the table in `deploy/outbox`",
       parsed<OutboxColumns>(putSource(&SourceSettings::columns), "text",
                             "part=column entries with commas between them, see docs/sources.md", parseOutboxColumns),
       Secrecy::Open, "Which column says what, such as `id=id,type=kind,itemId=item,baseId=base,error=error`."},
      {"Sources:{i}:TakeSql", "", "by the database",
       text(putSource(&SourceSettings::takeSql), "a statement that reads and locks rows", checkNotEmpty), Secrecy::Open,
       "The statement that reads and locks the oldest rows; `{batchSize}` in it stands for their number."},
      {"Sources:{i}:Interval", "", "`00:05:00`", duration(putSource(&SourceSettings::interval), seconds{1}, days{1}),
       Secrecy::Open, "How often the table is read; `POST /sources/{name}/run` reads it at once."},
      {"Sources:{i}:BatchSize", "", "`100`", integer(putSource(&SourceSettings::batchSize), 1, 1000), Secrecy::Open,
       "Rows that are taken, admitted and removed at once."},
      {"Sources:{i}:Broker", "", "",
       text(putSource(&SourceSettings::broker), "a name of `Brokers:{i}:Name`", checkNotEmpty), Secrecy::Open,
       "`RabbitMq`: the broker that has the queue."},
      {"Sources:{i}:Queue", "", "", text(putSource(&SourceSettings::queue), "1-255 bytes", checkShortName),
       Secrecy::Open, "`RabbitMq`: the queue whose messages are events, no stream. It is not declared."},
      {"Sources:{i}:Prefetch", "", "`200`", integer(putSource(&SourceSettings::prefetch), 1, 1000), Secrecy::Open,
       "`RabbitMq`: messages that the broker hands out before they are acknowledged, and that are admitted at once."},
      {"Sources:{i}:DeadLetterExchange", "", "the queue's own",
       text(putSource(&SourceSettings::deadLetterExchange), "1-255 bytes", checkShortName), Secrecy::Open,
       "`RabbitMq`: the exchange to which Lull publishes messages that are no events, with the reason in the header "
       "`Lull-Reason`."},
  };
}

}  // namespace lull::config
