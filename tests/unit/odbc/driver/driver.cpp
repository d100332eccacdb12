// An ODBC driver for the tests of unit_odbc, loaded by unixODBC like any other: one table of three rows, and a value
// that it cannot give. The statement that reads says which: "unreadable <row> <column> <SQLSTATE>", both from 1.
#include <sql.h>
#include <sqlext.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>

namespace {

constexpr std::array<std::u16string_view, 5> kNames{u"id", u"kind", u"item", u"base", u"data"};

struct Handle {
  int row = 0;
  int badRow = 0, badColumn = 0;
  std::string badState, state;
};

Handle* from(SQLHANDLE handle) {
  return static_cast<Handle*>(handle);
}

std::u16string valueOf(int row, int column) {
  if (column == 2) return u"AssetCreated";
  if (column == 5) return u"{}";
  return std::u16string(1, static_cast<char16_t>(u'0' + row));
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT, SQLHANDLE, SQLHANDLE* made) {
  *made = new Handle;
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT, SQLHANDLE handle) {
  delete from(handle);
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLSetConnectAttrW(SQLHDBC, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLGetConnectAttrW(SQLHDBC, SQLINTEGER, SQLPOINTER value, SQLINTEGER, SQLINTEGER*) {
  const SQLUINTEGER alive = SQL_CD_FALSE;
  std::memcpy(value, &alive, sizeof(alive));
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLDriverConnectW(SQLHDBC, SQLHWND, SQLWCHAR*, SQLSMALLINT, SQLWCHAR*, SQLSMALLINT, SQLSMALLINT*,
                                    SQLUSMALLINT) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLDisconnect(SQLHDBC) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLGetInfoW(SQLHDBC, SQLUSMALLINT, SQLPOINTER, SQLSMALLINT, SQLSMALLINT*) {
  return SQL_ERROR;
}
SQLRETURN SQL_API SQLSetStmtAttrW(SQLHSTMT, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLEndTran(SQLSMALLINT, SQLHANDLE, SQLSMALLINT) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLCancel(SQLHSTMT) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLBindParameter(SQLHSTMT, SQLUSMALLINT, SQLSMALLINT, SQLSMALLINT, SQLSMALLINT, SQLULEN, SQLSMALLINT,
                                   SQLPOINTER, SQLLEN, SQLLEN*) {
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLRowCount(SQLHSTMT, SQLLEN* rows) {
  *rows = -1;
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLExecDirectW(SQLHSTMT statement, SQLWCHAR* text, SQLINTEGER length) {
  std::string narrow;
  for (SQLINTEGER i = 0; i < length; ++i) narrow.push_back(static_cast<char>(text[i]));
  std::istringstream words(narrow);
  std::string word;
  auto* handle = from(statement);
  if (words >> word && word == "unreadable") words >> handle->badRow >> handle->badColumn >> handle->badState;
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT, SQLSMALLINT* count) {
  *count = static_cast<SQLSMALLINT>(kNames.size());
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLDescribeColW(SQLHSTMT, SQLUSMALLINT column, SQLWCHAR* name, SQLSMALLINT, SQLSMALLINT* length,
                                  SQLSMALLINT* type, SQLULEN* size, SQLSMALLINT* scale, SQLSMALLINT* nullable) {
  const auto text = kNames.at(column - 1U);
  std::copy(text.begin(), text.end(), name);
  name[text.size()] = 0;
  *length = static_cast<SQLSMALLINT>(text.size());
  *type = SQL_WVARCHAR;
  *size = 100;
  *scale = 0;
  *nullable = SQL_NULLABLE;
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLFetch(SQLHSTMT statement) {
  return ++from(statement)->row > 3 ? SQL_NO_DATA : SQL_SUCCESS;
}
SQLRETURN SQL_API SQLGetData(SQLHSTMT statement, SQLUSMALLINT column, SQLSMALLINT, SQLPOINTER buffer, SQLLEN,
                             SQLLEN* left) {
  auto* handle = from(statement);
  if (handle->row == handle->badRow && column == handle->badColumn) {
    handle->state = handle->badState;
    return SQL_ERROR;
  }
  const auto value = valueOf(handle->row, column);
  *left = static_cast<SQLLEN>(value.size() * sizeof(char16_t));
  std::memcpy(buffer, value.c_str(), (value.size() + 1) * sizeof(char16_t));
  return SQL_SUCCESS;
}
SQLRETURN SQL_API SQLGetDiagRecW(SQLSMALLINT, SQLHANDLE handle, SQLSMALLINT number, SQLWCHAR* state, SQLINTEGER* native,
                                 SQLWCHAR* message, SQLSMALLINT, SQLSMALLINT* length) {
  auto& said = from(handle)->state;
  if (number > 1 || said.empty()) return SQL_NO_DATA;
  std::copy(said.begin(), said.end(), state);
  state[said.size()] = 0;
  constexpr std::u16string_view kText = u"It is odd.";
  std::copy(kText.begin(), kText.end(), message);
  message[kText.size()] = 0;
  *native = 0;
  *length = static_cast<SQLSMALLINT>(kText.size());
  return SQL_SUCCESS;
}
// unixODBC asks for both or for none.
SQLRETURN SQL_API SQLGetDiagFieldW(SQLSMALLINT, SQLHANDLE, SQLSMALLINT, SQLSMALLINT, SQLPOINTER, SQLSMALLINT,
                                   SQLSMALLINT*) {
  return SQL_NO_DATA;
}

}  // extern "C"
