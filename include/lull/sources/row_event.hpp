#pragma once

#include <lull/domain/time.hpp>
#include <lull/ports/outbox_table.hpp>

#include <optional>
#include <string>

namespace lull::sources {

/// The parts of the event in a row.
ports::EventParts partsOf(const ports::OutboxRow& row);

/// The time that a database wrote as text, as RFC 3339: a blank or "T" between date and time, and no offset, which
/// means UTC, or one such as "+02", "+0200" or "+02:00". What it cannot read it returns as it is.
std::string rfc3339Of(const std::string& text);

/// When the row was written, if it says so.
std::optional<Instant> writtenAt(const ports::OutboxRow& row);

}  // namespace lull::sources
