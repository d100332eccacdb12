#pragma once

#include <lull/domain/event.hpp>
#include <lull/domain/result.hpp>

#include <optional>
#include <string>

namespace lull::ports {

/// A value of a table: its text, valid UTF-8, and whether its column holds whole numbers.
struct PartValue {
  std::string text;
  bool isNumber = false;
};

/// The parts of an event as texts, before anything is checked. Absent: it has none.
struct EventParts {
  std::string id;
  std::optional<std::string> type;
  std::optional<PartValue> itemId;
  std::optional<PartValue> baseId;
  std::optional<std::string> occurredAt;  ///< RFC 3339
  std::optional<std::string> data;        ///< JSON
  std::optional<std::string> operation;
  std::optional<std::string> scope;
  std::optional<std::string> changedFields;  ///< a list of names: JSON, or with commas between them
  std::optional<std::string> traceparent;
};

/// Makes events of parts, by the rules of `POST /events`. Thread-safe.
class EventReader {
 public:
  virtual ~EventReader() = default;
  /// InvalidInput: the message is a sentence for people that says what is wrong with which part.
  virtual Result<Event> read(EventParts parts) const = 0;
};

}  // namespace lull::ports
