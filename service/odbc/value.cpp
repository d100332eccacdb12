#include "value.hpp"

#include "wide.hpp"

#include <algorithm>
#include <array>

namespace lull::odbc {

bool readValue(const NextPart& next, std::optional<std::string>& read) {
  std::array<char16_t, 2048> part{};
  std::u16string value;
  while (value.size() <= kMostCharacters) {
    SQLLEN left = 0;
    const auto code = next(part.data(), sizeof(part), left);
    if (code == SQL_NO_DATA) break;
    if (!SQL_SUCCEEDED(code)) return false;
    if (left == SQL_NULL_DATA) return true;
    // The last character of a part that is full is a NUL. What is left may be unknown, which is a negative number.
    constexpr auto kPartBytes = static_cast<SQLLEN>((part.size() - 1) * sizeof(char16_t));
    const bool whole = left >= 0 && left <= kPartBytes;
    value.append(part.data(), static_cast<std::size_t>(whole ? left : kPartBytes) / sizeof(char16_t));
    if (whole) break;
  }
  value.resize(std::min(value.size(), kMostCharacters + 1));
  read = narrowOf(value);
  return true;
}

bool concernsValue(std::string_view state) {
  constexpr std::array<std::string_view, 8> kOthers{"08", "25", "40", "57", "HYT", "HY001", "HY008", "HY010"};
  return std::ranges::none_of(kOthers, [&](auto other) { return state.starts_with(other); });
}

}  // namespace lull::odbc
