#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// Milliseconds, the unit of every duration in Lull.
using Millis = std::chrono::milliseconds;

/// A point in time of the Redis server's clock (the fleet's clock), in milliseconds since the Unix epoch.
using Instant = std::chrono::sys_time<Millis>;

inline Instant instantOf(std::int64_t millis) {
  return Instant{Millis{millis}};
}
inline std::int64_t millisOf(Instant at) {
  return at.time_since_epoch().count();
}

/// RFC 3339, UTC, with milliseconds: 2026-11-23T21:19:06.123Z.
std::string formatRfc3339(Instant at);

/// Parses an RFC 3339 date-time with any offset ("Z", "+02:00"); fractions below a millisecond are cut off.
/// Nothing else is accepted (no missing offset, no blank instead of "T").
std::optional<Instant> parseRfc3339(std::string_view text);

/// Parses an HTTP date (RFC 9110 section 5.6.7, the three forms), as it stands in Retry-After.
std::optional<Instant> parseHttpDate(std::string_view text);

/// Why a TimeSpan text was refused, or what about it deserves a warning.
struct TimeSpanReading {
  std::optional<Millis> value;  ///< empty when the text is not a TimeSpan
  std::string warning;          ///< non-empty for the two .NET traps: "24:00:00" is 24 days, "5" is 5 days
  std::string error;            ///< non-empty when `value` is empty
};

/// TimeSpan.Parse of .NET, invariant culture: `[-]{d | [d.]hh:mm[:ss[.fffffff]] | d:hh:mm:ss[.fffffff]}`. The outer
/// blanks that .NET allows are taken off by the caller. Fractions below a millisecond are cut off. A negative span is
/// read (callers refuse it).
TimeSpanReading parseTimeSpan(std::string_view text);

/// The "c" format of .NET: `[-][d.]hh:mm:ss[.fffffff]`.
std::string formatTimeSpan(Millis span);

}  // namespace lull
