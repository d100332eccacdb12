#pragma once

#include "statements.hpp"
#include "value.hpp"

#include <lull/domain/result.hpp>

#include <sql.h>
#include <sqlext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::odbc {

/// A column of a result: what it is called, and the type that a parameter compared with it has.
struct Column {
  std::string name;
  SQLSMALLINT type = SQL_VARCHAR;
  SQLULEN size = 0;
  SQLSMALLINT scale = 0;

  /// Whether its values are whole numbers.
  bool holdsWholeNumbers() const;
};

/// A value for a statement, as text.
struct Parameter {
  std::string text;
  Column column;
};

/// A connection to a database, in transactions: what was not committed is rolled back at its end. Used by one thread,
/// but for cancel(). Messages of errors are sentences without a secret.
class Session {
 public:
  /// Connects. Nothing of `connectionString` is kept but its secrets, which are taken out of messages.
  static Result<std::unique_ptr<Session>> open(const std::string& connectionString);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Dialect dialect() const { return dialect_; }
  /// Runs a query. `learn` gets the columns, and says which of them are wanted, by their places; `row` gets the wanted
  /// values of each row until there are `most`, and may end the reading with an error.
  using Learn = std::function<Result<std::vector<std::size_t>>(const std::vector<Column>&)>;
  using Row = std::function<Status(std::vector<Value>)>;
  Status query(const std::string& sql, std::size_t most, const Learn& learn, const Row& row);
  /// Runs a statement that has no result. Returns how many rows it changed; nullopt: the driver does not say.
  Result<std::optional<std::size_t>> execute(const std::string& sql, const std::vector<Parameter>& parameters = {});
  Status commit();
  void rollBack();
  /// Whether the last error means that the connection is gone.
  bool lost() const { return lost_; }
  /// Ends the statement that runs now. Thread-safe.
  void cancel();

 private:
  explicit Session(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {}
  Status connect(const std::string& connectionString);
  Status begin();
  Error failure(std::string_view what, SQLSMALLINT kind, SQLHANDLE handle);
  class Statement;
  Result<std::vector<Column>> describe(SQLHSTMT statement);
  Status read(SQLHSTMT statement, std::size_t place, const std::string& column, Value& value);

  const std::vector<std::string> secrets_;
  SQLHENV environment_ = SQL_NULL_HENV;
  SQLHDBC connection_ = SQL_NULL_HDBC;
  bool connected_ = false;
  bool lost_ = false;
  std::string state_;  ///< the SQLSTATE of the last error
  Dialect dialect_ = Dialect::Other;
  std::mutex mutex_;
  SQLHSTMT running_ = SQL_NULL_HSTMT;  // protected by mutex_
};

}  // namespace lull::odbc
