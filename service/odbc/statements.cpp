#include "statements.hpp"

#include <lull/text/ascii.hpp>

namespace lull::odbc {

namespace {

constexpr std::string_view kBatchSize = "{batchSize}";

std::string selectedColumns(const OutboxColumns& columns) {
  std::string list;
  for (std::size_t part = 0; part < kOutboxPartsRead; ++part) {
    const auto& name = columns.names.at(part);
    if (!name.empty()) list.append(list.empty() ? "" : ", ").append(name);
  }
  return list;
}

std::string orderOf(const OutboxColumns& columns) {
  const auto& order = columns[OutboxPart::Order];
  return (order.empty() ? "" : order + ", ") + columns[OutboxPart::Id];
}

}  // namespace

Dialect dialectOf(std::string_view databaseName) {
  const auto name = text::lowerCase(databaseName);
  const auto has = [&](std::string_view word) { return name.find(word) != std::string::npos; };
  if (has("postgres")) return Dialect::PostgreSql;
  if (has("sql server")) return Dialect::SqlServer;
  if (has("mysql") || has("mariadb")) return Dialect::MySql;
  return has("oracle") ? Dialect::Oracle : Dialect::Other;
}

std::vector<std::string> sessionStatements(Dialect dialect) {
  switch (dialect) {
    case Dialect::PostgreSql:
      return {"SET TIME ZONE 'UTC'", "SET idle_in_transaction_session_timeout = '60s'"};
    case Dialect::MySql:
      // With its default, REPEATABLE READ, InnoDB locks the gaps between the rows that are read and behind the last
      // one, too, and publishers would wait to insert until the batch is committed.
      return {"SET time_zone = '+00:00'", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"};
    case Dialect::Oracle:
      return {"ALTER SESSION SET TIME_ZONE = '+00:00'"};
    case Dialect::SqlServer:
    case Dialect::Other:
      break;
  }
  return {};
}

Result<std::string> takeStatement(Dialect dialect, const std::string& table, const OutboxColumns& columns,
                                  std::size_t most, const std::string& own) {
  const auto number = std::to_string(most);
  if (!own.empty()) {
    auto statement = own;
    for (auto at = statement.find(kBatchSize); at != std::string::npos; at = statement.find(kBatchSize, at))
      statement.replace(at, kBatchSize.size(), number);
    return statement;
  }
  const auto select = selectedColumns(columns);
  const auto where = " WHERE " + columns[OutboxPart::Error] + " IS NULL ORDER BY " + orderOf(columns);
  switch (dialect) {
    case Dialect::PostgreSql:
    case Dialect::MySql:
      return "SELECT " + select + " FROM " + table + where + " LIMIT " + number + " FOR UPDATE SKIP LOCKED";
    case Dialect::SqlServer:
      return "SELECT TOP (" + number + ") " + select + " FROM " + table + " WITH (UPDLOCK, ROWLOCK, READPAST)" + where;
    case Dialect::Oracle:  // a limit together with FOR UPDATE is ORA-02014; fetching stops after as many rows
      return "SELECT " + select + " FROM " + table + where + " FOR UPDATE SKIP LOCKED";
    case Dialect::Other:
      break;
  }
  return Error{ErrorCode::InvalidInput,
               "Lull does not know how this database locks rows; set TakeSql of the source to a statement that does."};
}

std::string removeStatement(const std::string& table, const OutboxColumns& columns, std::size_t ids) {
  auto statement = "DELETE FROM " + table + " WHERE " + columns[OutboxPart::Id] + " IN (";
  for (std::size_t i = 0; i < ids; ++i) statement.append(i == 0 ? "?" : ",?");
  return statement + ")";
}

std::string refuseStatement(const std::string& table, const OutboxColumns& columns) {
  return "UPDATE " + table + " SET " + columns[OutboxPart::Error] + " = ? WHERE " + columns[OutboxPart::Id] +
         " = ? AND " + columns[OutboxPart::Error] + " IS NULL";
}

}  // namespace lull::odbc
