#include "value.hpp"

#include <gtest/gtest.h>
#include <sqlext.h>

#include <algorithm>

namespace lull::odbc {
namespace {

/// A driver that has one value, and counts how many characters it gave.
struct Driver {
  explicit Driver(std::size_t characters, bool saysHowMuch = true)
      : value(characters, u'x'), knowsLength(saysHowMuch) {}

  SQLRETURN next(char16_t* buffer, SQLLEN bytes, SQLLEN& left) {
    if (given > 0 && given == value.size()) return SQL_NO_DATA;
    const auto rest = value.size() - given;
    const auto room = static_cast<std::size_t>(bytes) / sizeof(char16_t) - 1;
    const auto count = std::min(rest, room);
    std::copy_n(value.begin() + static_cast<std::ptrdiff_t>(given), count, buffer);
    buffer[count] = 0;
    given += count;
    left = knowsLength || count == rest ? static_cast<SQLLEN>(rest * sizeof(char16_t)) : SQL_NO_TOTAL;
    return count == rest ? SQL_SUCCESS : SQL_SUCCESS_WITH_INFO;
  }
  std::optional<std::string> read() {
    std::optional<std::string> text;
    const bool readable =
        readValue([this](auto* buffer, auto bytes, auto& left) { return next(buffer, bytes, left); }, text);
    EXPECT_TRUE(readable);
    return text;
  }

  std::u16string value;
  bool knowsLength;
  std::size_t given = 0;
};

TEST(Values, AreReadToTheirEndUpTo64KiB) {
  for (const std::size_t length : {0UL, 1UL, 2046UL, 2047UL, 2048UL, 4094UL, kMostCharacters}) {
    EXPECT_EQ(Driver(length).read(), std::string(length, 'x')) << length;
    EXPECT_EQ(Driver(length, false).read(), std::string(length, 'x')) << length;
  }
}

TEST(Values, AreReadNoFurtherThanToBeKnownAsTooLong) {
  for (const std::size_t length : {kMostCharacters + 1, kMostCharacters * 2, kMostCharacters * 20}) {
    Driver driver(length);
    EXPECT_EQ(driver.read(), std::string(kMostCharacters + 1, 'x'));
    EXPECT_LT(driver.given, kMostCharacters + 2048);
  }
}

TEST(Values, MayBeNull) {
  std::optional<std::string> text;
  EXPECT_TRUE(readValue(
      [](auto*, auto, auto& left) {
        left = SQL_NULL_DATA;
        return static_cast<SQLRETURN>(SQL_SUCCESS);
      },
      text));
  EXPECT_EQ(text, std::nullopt);
}

TEST(Values, ThatTheDriverCannotGiveAreNotTakenForNullNorForWhatWasReadOfThem) {
  Driver driver(5000);
  int calls = 0;
  std::optional<std::string> text;
  EXPECT_FALSE(readValue(
      [&](auto* buffer, auto bytes, auto& left) {
        return ++calls == 2 ? static_cast<SQLRETURN>(SQL_ERROR) : driver.next(buffer, bytes, left);
      },
      text));
  EXPECT_EQ(text, std::nullopt);
}

TEST(Values, AreToBlameOnlyForWhatConcernsThemAlone) {
  for (const auto* const state : {"22018", "22021", "07006", "HY000", "HYC00"})
    EXPECT_TRUE(concernsValue(state)) << state;
  for (const auto* const state : {"08S01", "25P03", "40001", "57014", "57P01", "HYT00", "HYT01", "HY001", "HY008"})
    EXPECT_FALSE(concernsValue(state)) << state;
}

}  // namespace
}  // namespace lull::odbc
