#pragma once

#include <lull/domain/outbox.hpp>
#include <lull/domain/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The statements of an outbox in the dialects of SQL. Names in them were checked (isTableName, isSqlName).
namespace lull::odbc {

enum class Dialect { PostgreSql, SqlServer, MySql, Oracle, Other };

/// By the name that a driver gives its database.
Dialect dialectOf(std::string_view databaseName);

/// What is said to the database once after connecting: times are those of UTC, and a transaction whose process vanished
/// without a word ends by itself.
std::vector<std::string> sessionStatements(Dialect dialect);

/// The statement that reads and locks the oldest rows which nobody has locked. `own` is Sources:{i}:TakeSql, in which
/// {batchSize} stands for the number; empty: by the dialect. Error: a dialect that is not known needs its own.
Result<std::string> takeStatement(Dialect dialect, const std::string& table, const OutboxColumns& columns,
                                  std::size_t most, const std::string& own);

/// Deletes rows by their ids, which are parameters.
std::string removeStatement(const std::string& table, const OutboxColumns& columns, std::size_t ids);

/// Marks a row that is not marked yet; the parameters are the reason and the id.
std::string refuseStatement(const std::string& table, const OutboxColumns& columns);

}  // namespace lull::odbc
