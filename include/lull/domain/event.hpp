#pragma once

#include <lull/domain/item_id.hpp>
#include <lull/domain/operation.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull {

/// One internal change event, validated against the catalogue.
struct Event {
  std::string type;              ///< internal name, "AssetCreated"
  std::uint32_t changeType = 0;  ///< the bit it raises
  ItemId itemId;
  ItemId baseId;
  std::optional<Instant> occurredAt;        ///< absent: the time of admission
  std::string id;                           ///< idempotency id; empty: none
  std::string source;                       ///< of a CloudEvent: where its id is unique; empty: at its publisher
  std::string data;                         ///< JSON text as received, empty: none; at most 64 KiB
  std::string traceparent;                  ///< W3C trace context, empty: none
  Operation operation = Operation::Update;  ///< as given, else the catalogue's for its type
  std::string scope;                        ///< whose item it is, such as a company code; empty: none
  /// What an update changed. Absent: nobody said, which is not the same as none.
  std::optional<std::vector<std::string>> changedFields;
};

/// What an admitted batch got. `sequences[i]` belongs to event i; a duplicate carries the sequence of its first
/// admission.
struct AdmissionReceipt {
  std::vector<std::uint64_t> sequences;
  std::uint32_t accepted = 0;    ///< newly admitted
  std::uint32_t duplicates = 0;  ///< repeats of an id within the idempotency window
  /// Of the endpoints, at the moment when the last of the events was admitted.
  std::uint64_t registryRevision = 0;
};

/// An open debounce window.
struct Window {
  ItemKey key;
  std::uint64_t events = 0;
  Instant firstAt;
  Instant dueAt;
};

}  // namespace lull
