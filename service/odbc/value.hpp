#pragma once

#include <sql.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lull::odbc {

/// A value of a row that was read: a text, null, or one that the driver cannot give.
struct Value {
  std::optional<std::string> text;
  std::string fault;  ///< what the driver says of a value that it cannot give; empty: it was read
};

/// An event has at most so many bytes of data. A value with more characters has more bytes, and is refused, so the rest
/// of it is not read.
inline constexpr std::size_t kMostCharacters = std::size_t{64} * 1024;

/// Gives the next part of a value as UTF-16 with a NUL at its end, as SQLGetData does: into a buffer of so many bytes;
/// `left` becomes the bytes that were left before this part, SQL_NULL_DATA, or SQL_NO_TOTAL.
using NextPart = std::function<SQLRETURN(char16_t* buffer, SQLLEN bytes, SQLLEN& left)>;

/// Reads a value part by part, and no further than is needed to know that it is longer than kMostCharacters. `false`:
/// it cannot be read.
bool readValue(const NextPart& next, std::optional<std::string>& read);

/// Whether this SQLSTATE of a value that could not be read concerns the value alone. The connection, the transaction, a
/// time that ran out and a cancelled statement concern the whole batch.
bool concernsValue(std::string_view state);

}  // namespace lull::odbc
