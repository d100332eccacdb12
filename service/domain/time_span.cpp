#include <lull/domain/time.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace lull {
namespace {

constexpr std::int64_t kMaxDays = 10675199;  // TimeSpan.MaxValue is 10675199.02:48:05.4775807
constexpr std::int64_t kMaxMillis = 922337203685477;
constexpr std::size_t kFractionDigits = 7;

/// The numbers of a text and the single separator characters between them: "1.02:03" is {1, 2, 3} and ".:".
struct Tokens {
  std::vector<std::int64_t> numbers;
  std::string separators;
  std::size_t lastDigits = 0;  ///< digits of the last number, which gives a fraction its scale
};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Tokens> tokenize(std::string_view text) {
  constexpr std::int64_t kCeiling = 1'000'000'000;  // Larger than any limit below; keeps the sums from overflowing.
  Tokens tokens;
  std::size_t at = 0;
  while (true) {
    const std::size_t start = at;
    std::int64_t number = 0;
    for (; at < text.size() && isDigit(text[at]); ++at) number = std::min(number * 10 + (text[at] - '0'), kCeiling);
    if (at == start) return std::nullopt;
    tokens.numbers.push_back(number);
    tokens.lastDigits = at - start;
    if (at == text.size()) return tokens;
    tokens.separators.push_back(text[at++]);
  }
}

struct Parts {
  std::int64_t days = 0;
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  std::int64_t seconds = 0;
  std::int64_t millis = 0;

  bool inRange() const { return days <= kMaxDays && hours <= 23 && minutes <= 59 && seconds <= 59; }
  std::int64_t total() const { return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + millis; }
};

/// Numbers by position; `daysFirst` says whether the first one counts days.
Parts assign(const std::vector<std::int64_t>& numbers, bool daysFirst, std::size_t count) {
  Parts parts;
  const std::array<std::int64_t*, 4> slots{&parts.days, &parts.hours, &parts.minutes, &parts.seconds};
  const std::size_t shift = daysFirst ? 0 : 1;
  for (std::size_t i = 0; i < count; ++i) *slots[i + shift] = numbers[i];
  return parts;
}

TimeSpanReading refused(std::string error) {
  return {std::nullopt, "", std::move(error)};
}

TimeSpanReading outOfRange() {
  return refused("is out of range (hours 0-23, minutes and seconds 0-59)");
}

TimeSpanReading notATimeSpan() {
  return refused("is not a duration of the form [d.]hh:mm[:ss[.fffffff]], such as 00:00:30 or 1.12:00:00");
}

TimeSpanReading reading(Parts parts, bool negative, std::string warning) {
  if (!parts.inRange() || parts.total() > kMaxMillis) return outOfRange();
  return {Millis{negative ? -parts.total() : parts.total()}, std::move(warning), ""};
}

/// a:b:c is hh:mm:ss; .NET falls back to d:hh:mm when the hours do not fit.
TimeSpanReading threeWithColons(const Tokens& tokens, bool negative) {
  const Parts clock = assign(tokens.numbers, false, 3);
  if (clock.inRange()) return reading(clock, negative, "");
  Parts days = assign(tokens.numbers, true, 3);
  auto result = reading(days, negative, "");
  if (!result.value) return result;
  return reading(days, negative,
                 "is read as .NET does: " + std::to_string(days.days) + " days (" + formatTimeSpan(*result.value) +
                     "), not hours; write 1.00:00:00 for one day");
}

/// Takes the fraction off the end of the numbers; false when it has too many digits.
bool takeFraction(Tokens& tokens, std::int64_t& millis) {
  if (tokens.lastDigits > kFractionDigits) return false;
  std::int64_t scaled = tokens.numbers.back();
  for (std::size_t digits = tokens.lastDigits; digits < 3; ++digits) scaled *= 10;
  for (std::size_t digits = tokens.lastDigits; digits > 3; --digits) scaled /= 10;
  millis = scaled;
  tokens.numbers.pop_back();
  tokens.separators.pop_back();
  return true;
}

}  // namespace

TimeSpanReading parseTimeSpan(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  auto tokens = tokenize(text);
  if (!tokens) return notATimeSpan();

  if (tokens->separators.empty()) {
    const Parts parts = assign(tokens->numbers, true, 1);
    return reading(parts, negative, "is read as .NET does: " + std::to_string(parts.days) + " days, not seconds");
  }
  if (tokens->separators == "::") return threeWithColons(*tokens, negative);

  std::int64_t millis = 0;
  const std::string& separators = tokens->separators;
  const bool hasFraction = separators == "::." || separators == ".::." || separators == ":::.";
  if (hasFraction && !takeFraction(*tokens, millis)) return notATimeSpan();

  const bool clock = separators == ":" || separators == "::";
  const bool daysFirst = separators == ".:" || separators == ".::" || separators == ":::";
  if (!clock && !daysFirst) return notATimeSpan();
  Parts parts = assign(tokens->numbers, daysFirst, tokens->numbers.size());
  parts.millis = millis;
  return reading(parts, negative, "");
}

std::string formatTimeSpan(Millis span) {
  const bool negative = span.count() < 0;
  const std::int64_t total = negative ? -span.count() : span.count();
  const auto twoDigits = [](std::int64_t number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  std::string text = negative ? "-" : "";
  if (const auto days = total / 86'400'000; days > 0) text += std::to_string(days) + ".";
  text += twoDigits(total / 3'600'000 % 24) + ":" + twoDigits(total / 60'000 % 60) + ":" + twoDigits(total / 1000 % 60);
  if (const auto millis = total % 1000; millis > 0) {
    text += "." + std::to_string(1000 + millis).substr(1) + "0000";
  }
  return text;
}

}  // namespace lull
