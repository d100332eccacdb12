#pragma once

#include <lull/domain/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What a table must look like from which events are taken (an outbox), whoever reads it.
namespace lull {

/// What the columns of an outbox table say. `Order` is the column that rows are sorted by, when that is not the id;
/// `Error` takes the reason why a row was set aside, and is null until then. Both are never read.
enum class OutboxPart : std::uint8_t {
  Id,
  Type,
  ItemId,
  BaseId,
  OccurredAt,
  Data,
  Operation,
  Scope,
  ChangedFields,
  Traceparent,
  WrittenAt,
  Order,
  Error
};
inline constexpr std::array<std::string_view, 13> kOutboxParts{
    "id",    "type",          "itemId",      "baseId",    "occurredAt", "data", "operation",
    "scope", "changedFields", "traceparent", "writtenAt", "order",      "error"};
/// Those that are read from a row; they come first.
inline constexpr std::size_t kOutboxPartsRead = 11;

constexpr std::size_t indexOf(OutboxPart part) {
  return static_cast<std::size_t>(part);
}

/// The name of the column of each part; empty: the table has none.
struct OutboxColumns {
  std::array<std::string, kOutboxParts.size()> names;

  const std::string& operator[](OutboxPart part) const { return names.at(indexOf(part)); }
};

/// The columns of the table that deploy/outbox creates.
inline constexpr std::string_view kDefaultOutboxColumns =
    "id=id,type=event_type,itemId=item_id,baseId=base_id,occurredAt=occurred_at,data=data,operation=operation,"
    "scope=scope,changedFields=changed_fields,traceparent=traceparent,writtenAt=written_at,error=error";

/// Reads "part=column,part=column". The message of an error says what is wrong in words that follow the value.
Result<OutboxColumns> parseOutboxColumns(std::string_view text);

/// Whether a text can stand in a statement as the name of a column: a letter or "_", then letters, digits, "_", "$",
/// "#"; at most 128 characters.
bool isSqlName(std::string_view text);
/// The same for a table, with up to three names and points between them.
bool isTableName(std::string_view text);

}  // namespace lull
