#include "session.hpp"

#include "scrub.hpp"
#include "wide.hpp"

#include <lull/text/ascii.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace lull::odbc {

namespace {

// What a database may take to let somebody in, and for one statement.
constexpr std::uintptr_t kConnectSeconds = 10;
constexpr std::uintptr_t kStatementSeconds = 30;
constexpr int kMostMessages = 3;

bool good(SQLRETURN code) {
  return SQL_SUCCEEDED(code);
}

/// An integer where ODBC wants a pointer, for attributes.
SQLPOINTER asPointer(std::uintptr_t value) {
  return reinterpret_cast<SQLPOINTER>(value);  // NOLINT(performance-no-int-to-ptr): that is the form of the interface
}

/// SQLWCHAR is a 16-bit number in unixODBC; texts are passed with their length.
SQLWCHAR* pointerTo(std::u16string& text) {
  static_assert(sizeof(SQLWCHAR) == sizeof(char16_t));
  return reinterpret_cast<SQLWCHAR*>(text.data());
}

/// SQLSTATEs after which there is no connection: class 08, and what PostgreSQL says when it ends one.
bool meansLost(std::string_view state) {
  return state.starts_with("08") || state == "57P01" || state == "57P02" || state == "57P03" || state == "25P03" ||
         state == "57P05";
}

}  // namespace

bool Column::holdsWholeNumbers() const {
  switch (type) {
    case SQL_BIGINT:
    case SQL_INTEGER:
    case SQL_SMALLINT:
    case SQL_TINYINT:
      return true;
    case SQL_DECIMAL:
    case SQL_NUMERIC:
      return scale == 0;
    default:
      return false;
  }
}

/// A statement handle, which cancel() knows while it lives.
class Session::Statement {
 public:
  explicit Statement(Session& session) : session_(session) {
    if (!good(SQLAllocHandle(SQL_HANDLE_STMT, session.connection_, &handle_))) handle_ = SQL_NULL_HSTMT;
    if (handle_ != SQL_NULL_HSTMT) SQLSetStmtAttr(handle_, SQL_ATTR_QUERY_TIMEOUT, asPointer(kStatementSeconds), 0);
    std::lock_guard guard(session.mutex_);
    session.running_ = handle_;
  }
  ~Statement() {
    {
      std::lock_guard guard(session_.mutex_);
      session_.running_ = SQL_NULL_HSTMT;
    }
    if (handle_ != SQL_NULL_HSTMT) SQLFreeHandle(SQL_HANDLE_STMT, handle_);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  SQLHSTMT get() const { return handle_; }
  explicit operator bool() const { return handle_ != SQL_NULL_HSTMT; }

 private:
  Session& session_;
  SQLHSTMT handle_ = SQL_NULL_HSTMT;
};

Result<std::unique_ptr<Session>> Session::open(const std::string& connectionString) {
  std::unique_ptr<Session> session(new Session(secretsIn(connectionString)));
  if (auto connected = session->connect(connectionString); !connected) return connected.error();
  return session;
}

Session::~Session() {
  if (connected_) {
    rollBack();
    SQLDisconnect(connection_);
  }
  if (connection_ != SQL_NULL_HDBC) SQLFreeHandle(SQL_HANDLE_DBC, connection_);
  if (environment_ != SQL_NULL_HENV) SQLFreeHandle(SQL_HANDLE_ENV, environment_);
}

Status Session::connect(const std::string& connectionString) {
  if (!good(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment_)) ||
      !good(SQLSetEnvAttr(environment_, SQL_ATTR_ODBC_VERSION, asPointer(SQL_OV_ODBC3), 0)) ||
      !good(SQLAllocHandle(SQL_HANDLE_DBC, environment_, &connection_)))
    return Error{ErrorCode::Unavailable, "ODBC cannot be used: it gave no handle."};
  SQLSetConnectAttr(connection_, SQL_ATTR_LOGIN_TIMEOUT, asPointer(kConnectSeconds), 0);
  auto wide = wideOf(connectionString);
  const auto code = SQLDriverConnectW(connection_, nullptr, pointerTo(wide), static_cast<SQLSMALLINT>(wide.size()),
                                      nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
  if (!good(code)) return failure("The database cannot be reached", SQL_HANDLE_DBC, connection_);
  connected_ = true;
  return begin();
}

// What concerns the whole session is said before the first transaction, or a rollback would take it back.
Status Session::begin() {
  std::array<char16_t, 128> name{};
  SQLSMALLINT bytes = 0;
  if (good(SQLGetInfoW(connection_, SQL_DBMS_NAME, name.data(), sizeof(name), &bytes)))
    dialect_ = dialectOf(narrowOf(std::u16string_view(name.data())));
  for (const auto& statement : sessionStatements(dialect_)) {
    if (auto said = execute(statement); !said) return said.error();
  }
  if (!good(SQLSetConnectAttr(connection_, SQL_ATTR_AUTOCOMMIT, asPointer(SQL_AUTOCOMMIT_OFF), 0)))
    return failure("The database begins no transaction", SQL_HANDLE_DBC, connection_);
  return Done{};
}

/// What the driver says about the last call, and whether the connection has ended by it.
Error Session::failure(std::string_view what, SQLSMALLINT kind, SQLHANDLE handle) {
  std::string text(what);
  state_.clear();
  for (SQLSMALLINT i = 1; i <= kMostMessages; ++i) {
    std::array<SQLWCHAR, 6> state{};
    std::array<char16_t, 1024> message{};
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    const auto code =
        SQLGetDiagRecW(kind, handle, i, state.data(), &native, reinterpret_cast<SQLWCHAR*>(message.data()),
                       static_cast<SQLSMALLINT>(message.size()), &length);
    if (!good(code)) break;
    std::string stateText;
    for (const auto c : state) {
      if (c != 0) stateText.push_back(static_cast<char>(c));
    }
    lost_ = lost_ || meansLost(stateText);
    if (i == 1) state_ = stateText;
    const auto said = narrowOf(std::u16string_view(message.data()));
    text.append(i == 1 ? ": " : " ").append(text::trimmed(said, text::kAllBlanks)).append(" (SQLSTATE ");
    text.append(stateText).append(")");
  }
  SQLUINTEGER dead = SQL_CD_FALSE;
  if (connected_ && good(SQLGetConnectAttr(connection_, SQL_ATTR_CONNECTION_DEAD, &dead, SQL_IS_UINTEGER, nullptr)))
    lost_ = lost_ || dead == SQL_CD_TRUE;
  return {ErrorCode::Unavailable, scrubbed(text + ".", secrets_)};
}

Result<std::vector<Column>> Session::describe(SQLHSTMT statement) {
  SQLSMALLINT count = 0;
  if (!good(SQLNumResultCols(statement, &count))) return failure("The rows cannot be read", SQL_HANDLE_STMT, statement);
  std::vector<Column> columns;
  for (SQLSMALLINT i = 1; i <= count; ++i) {
    std::array<char16_t, 256> name{};
    Column column;
    SQLSMALLINT length = 0;
    SQLSMALLINT nullable = 0;
    const auto code = SQLDescribeColW(statement, static_cast<SQLUSMALLINT>(i), reinterpret_cast<SQLWCHAR*>(name.data()),
                                      static_cast<SQLSMALLINT>(name.size()), &length, &column.type, &column.size,
                                      &column.scale, &nullable);
    if (!good(code)) return failure("The rows cannot be read", SQL_HANDLE_STMT, statement);
    column.name = narrowOf(std::u16string_view(name.data()));
    columns.push_back(std::move(column));
  }
  return columns;
}

Status Session::query(const std::string& sql, std::size_t most, const Learn& learn, const Row& row) {
  const Statement statement(*this);
  if (!statement) return failure("The database takes no statement", SQL_HANDLE_DBC, connection_);
  auto wide = wideOf(sql);
  if (!good(SQLExecDirectW(statement.get(), pointerTo(wide), static_cast<SQLINTEGER>(wide.size()))))
    return failure("The rows cannot be read", SQL_HANDLE_STMT, statement.get());
  const auto columns = describe(statement.get());
  if (!columns) return columns.error();
  const auto wanted = learn(*columns);
  if (!wanted) return wanted.error();
  for (std::size_t rows = 0; rows < most; ++rows) {
    const auto code = SQLFetch(statement.get());
    if (code == SQL_NO_DATA) break;
    if (!good(code)) return failure("The rows cannot be read", SQL_HANDLE_STMT, statement.get());
    // Some drivers give long values only in the order of their columns.
    std::vector<Value> values(columns->size());
    for (const auto place : *wanted) {
      if (auto given = read(statement.get(), place, (*columns)[place].name, values[place]); !given) return given;
    }
    if (auto taken = row(std::move(values)); !taken) return taken;
  }
  return Done{};
}

/// An error when it is not the value's fault that it cannot be read.
Status Session::read(SQLHSTMT statement, std::size_t place, const std::string& column, Value& value) {
  const auto next = [&](char16_t* buffer, SQLLEN bytes, SQLLEN& left) {
    return SQLGetData(statement, static_cast<SQLUSMALLINT>(place + 1), SQL_C_WCHAR, buffer, bytes, &left);
  };
  if (readValue(next, value.text)) return Done{};
  auto error = failure("The column " + column + " cannot be read", SQL_HANDLE_STMT, statement);
  if (lost_ || !concernsValue(state_)) return error;
  value.fault = std::move(error.message);
  return Done{};
}

Result<std::optional<std::size_t>> Session::execute(const std::string& sql, const std::vector<Parameter>& parameters) {
  const Statement statement(*this);
  if (!statement) return failure("The database takes no statement", SQL_HANDLE_DBC, connection_);
  std::vector<std::u16string> texts;
  std::vector<SQLLEN> lengths;
  texts.reserve(parameters.size());
  lengths.reserve(parameters.size());
  for (const auto& [value, column] : parameters) {
    auto& text = texts.emplace_back(wideOf(value));
    auto& length = lengths.emplace_back(static_cast<SQLLEN>(text.size() * sizeof(char16_t)));
    const auto place = static_cast<SQLUSMALLINT>(texts.size());
    const auto size = column.size == 0 ? text.size() + 1 : column.size;
    if (!good(SQLBindParameter(statement.get(), place, SQL_PARAM_INPUT, SQL_C_WCHAR, column.type, size, column.scale,
                               text.data(), length, &length)))
      return failure("The database takes no parameter", SQL_HANDLE_STMT, statement.get());
  }
  auto wide = wideOf(sql);
  const auto code = SQLExecDirectW(statement.get(), pointerTo(wide), static_cast<SQLINTEGER>(wide.size()));
  if (code == SQL_NO_DATA) return std::optional<std::size_t>(0);
  if (!good(code)) return failure("The rows cannot be changed", SQL_HANDLE_STMT, statement.get());
  SQLLEN rows = -1;
  if (!good(SQLRowCount(statement.get(), &rows)) || rows < 0) return std::optional<std::size_t>();
  return std::optional<std::size_t>(static_cast<std::size_t>(rows));
}

Status Session::commit() {
  if (good(SQLEndTran(SQL_HANDLE_DBC, connection_, SQL_COMMIT))) return Done{};
  return failure("The transaction cannot be committed", SQL_HANDLE_DBC, connection_);
}

void Session::rollBack() {
  SQLEndTran(SQL_HANDLE_DBC, connection_, SQL_ROLLBACK);
}

void Session::cancel() {
  std::lock_guard guard(mutex_);
  if (running_ != SQL_NULL_HSTMT) SQLCancel(running_);
}

}  // namespace lull::odbc
