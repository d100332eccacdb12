#include <lull/domain/time.hpp>

#include <array>
#include <cstdio>

namespace lull {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> kLongDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

/// Reads a text from left to right; the first thing that does not fit makes `failed` true for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!atDigit()) return fail();
      number = number * 10 + (take() - '0');
    }
    return number;
  }

  void literal(std::string_view text) {
    if (rest_.starts_with(text)) {
      rest_.remove_prefix(text.size());
    } else {
      fail();
    }
  }

  /// One of the characters, or '\0'.
  char oneOf(std::string_view characters) {
    if (!rest_.empty() && characters.find(rest_.front()) != std::string_view::npos) return take();
    fail();
    return '\0';
  }

  template <std::size_t N>
  int name(const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
      if (!rest_.starts_with(names[i])) continue;
      rest_.remove_prefix(names[i].size());
      return static_cast<int>(i);
    }
    return fail();
  }

  bool atDigit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  bool at(char c) const { return rest_.starts_with(c); }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  int fail() {
    failed_ = true;
    rest_ = "";
    return 0;
  }
  bool finished() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct DateTime {
  int year = 0;
  int month = 0;  ///< 1..12
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;  ///< 60 only as a leap second
  int millis = 0;
  int offsetMinutes = 0;  ///< east of UTC
};

std::optional<Instant> instantFrom(const DateTime& at) {
  const year_month_day date{std::chrono::year{at.year}, std::chrono::month{static_cast<unsigned>(at.month)},
                            std::chrono::day{static_cast<unsigned>(at.day)}};
  if (!date.ok() || at.hour > 23 || at.minute > 59 || at.second > 60) return std::nullopt;
  const auto minute = sys_days{date} + std::chrono::hours{at.hour} + std::chrono::minutes{at.minute - at.offsetMinutes};
  if (at.second == 60) {
    // RFC 3339 section 5.7: a leap second is the 61st second of a day in UTC and of no other minute.
    constexpr std::chrono::minutes kLastMinute{23 * 60 + 59};
    if (minute - std::chrono::floor<std::chrono::days>(minute) != kLastMinute) return std::nullopt;
  }
  return Instant{minute.time_since_epoch() + std::chrono::seconds{at.second} + Millis{at.millis}};
}

void scanClock(Scanner& scanner, DateTime& at) {
  at.hour = scanner.digits(2);
  scanner.literal(":");
  at.minute = scanner.digits(2);
  scanner.literal(":");
  at.second = scanner.digits(2);
}

void scanFraction(Scanner& scanner, DateTime& at) {
  if (!scanner.at('.')) return;
  scanner.take();
  if (!scanner.atDigit()) scanner.fail();
  for (int scale = 100; scanner.atDigit(); scale /= 10) at.millis += (scanner.take() - '0') * scale;
}

void scanOffset(Scanner& scanner, DateTime& at) {
  const char sign = scanner.oneOf("Zz+-");
  if (sign != '+' && sign != '-') return;
  const int hours = scanner.digits(2);
  scanner.literal(":");
  const int minutes = scanner.digits(2);
  if (hours > 23 || minutes > 59) scanner.fail();
  at.offsetMinutes = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
}

std::optional<Instant> finish(const Scanner& scanner, const DateTime& at) {
  return scanner.finished() ? instantFrom(at) : std::nullopt;
}

/// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<Instant> parseImfFixdate(std::string_view text) {
  Scanner scanner(text);
  DateTime at;
  scanner.name(kDays);
  scanner.literal(", ");
  at.day = scanner.digits(2);
  scanner.literal(" ");
  at.month = scanner.name(kMonths) + 1;
  scanner.literal(" ");
  at.year = scanner.digits(4);
  scanner.literal(" ");
  scanClock(scanner, at);
  scanner.literal(" GMT");
  return finish(scanner, at);
}

/// Sunday, 06-Nov-94 08:49:37 GMT. A year that looks more than 50 years ahead lies in the past (RFC 9110). This is the
/// only use of the local clock here, and only its century matters.
std::optional<Instant> parseRfc850(std::string_view text) {
  Scanner scanner(text);
  DateTime at;
  scanner.name(kLongDays);
  scanner.literal(", ");
  at.day = scanner.digits(2);
  scanner.literal("-");
  at.month = scanner.name(kMonths) + 1;
  scanner.literal("-");
  const int shortYear = scanner.digits(2);
  scanner.literal(" ");
  scanClock(scanner, at);
  scanner.literal(" GMT");
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const int thisYear = static_cast<int>(year_month_day{today}.year());
  at.year = thisYear - thisYear % 100 + 100 + shortYear;
  while (at.year > thisYear + 50) at.year -= 100;
  return finish(scanner, at);
}

/// Sun Nov  6 08:49:37 1994
std::optional<Instant> parseAsctime(std::string_view text) {
  Scanner scanner(text);
  DateTime at;
  scanner.name(kDays);
  scanner.literal(" ");
  at.month = scanner.name(kMonths) + 1;
  scanner.literal(" ");
  if (scanner.at(' ')) {
    scanner.take();
    at.day = scanner.digits(1);
  } else {
    at.day = scanner.digits(2);
  }
  scanner.literal(" ");
  scanClock(scanner, at);
  scanner.literal(" ");
  at.year = scanner.digits(4);
  return finish(scanner, at);
}

}  // namespace

std::string formatRfc3339(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  std::array<char, 48> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<Instant> parseRfc3339(std::string_view text) {
  Scanner scanner(text);
  DateTime at;
  at.year = scanner.digits(4);
  scanner.literal("-");
  at.month = scanner.digits(2);
  scanner.literal("-");
  at.day = scanner.digits(2);
  scanner.oneOf("Tt");
  scanClock(scanner, at);
  scanFraction(scanner, at);
  scanOffset(scanner, at);
  return finish(scanner, at);
}

std::optional<Instant> parseHttpDate(std::string_view text) {
  if (const auto fixdate = parseImfFixdate(text)) return fixdate;
  if (const auto rfc850 = parseRfc850(text)) return rfc850;
  return parseAsctime(text);
}

}  // namespace lull
