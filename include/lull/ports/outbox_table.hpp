#pragma once

#include <lull/domain/outbox.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/event_reader.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

/// The values of a row by part; absent: null, or there is no such column.
struct OutboxRow {
  std::array<std::optional<PartValue>, kOutboxPartsRead> values;
  std::string fault{};  ///< says of a value that it cannot be read; the id can. Empty: all were read

  std::optional<PartValue>& operator[](OutboxPart part) { return values.at(indexOf(part)); }
  const std::optional<PartValue>& operator[](OutboxPart part) const { return values.at(indexOf(part)); }
};

/// A row that is no valid event, and why.
struct RefusedRow {
  std::string id;
  std::string reason;
};

/// A table into which a system of record writes its events in its own transactions. Used by one thread, but for
/// cancel(). Messages of its errors are sentences that hold no secret. After any error nothing has been removed, or the
/// outcome of finish() is unknown; the connection is made anew when it is needed.
class OutboxTable {
 public:
  virtual ~OutboxTable() = default;
  /// Begins a transaction and locks the oldest rows, at most so many, that nobody has locked. Rows that were set aside
  /// are not among them. The transaction stays open until finish() or leave().
  virtual Result<std::vector<OutboxRow>> take(std::size_t most) = 0;
  /// Removes the rows with these ids, marks the refused ones with their reason, and commits; an error, and nothing is
  /// changed, when there is a row among them that the database leaves as it is.
  virtual Status finish(const std::vector<std::string>& done, const std::vector<RefusedRow>& refused) = 0;
  /// Rolls back: all rows stay as they are.
  virtual void leave() = 0;
  /// Ends the statement that runs now, with an error. Thread-safe.
  virtual void cancel() = 0;
};

}  // namespace lull::ports
