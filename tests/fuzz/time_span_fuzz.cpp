#include "fuzz.hpp"

#include <lull/domain/status_set.hpp>
#include <lull/domain/time.hpp>

/// The small languages of settings and bodies: TimeSpan, RFC 3339, lists of statuses. What is read and written again
/// stays the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto span = parseTimeSpan(text);
  fuzz::require(span.value.has_value() == span.error.empty(), "a TimeSpan has a value or an error");
  if (span.value) {
    fuzz::require(parseTimeSpan(formatTimeSpan(*span.value)).value == span.value, "a TimeSpan survives its text");
  }
  if (const auto instant = parseRfc3339(text)) {
    fuzz::require(parseRfc3339(formatRfc3339(*instant)) == instant, "a date-time survives its text");
  }
  if (const auto statuses = StatusSet::parse(text)) {
    fuzz::require(StatusSet::parse(statuses->text()).value() == *statuses, "a status list survives its text");
  }
  return 0;
}
