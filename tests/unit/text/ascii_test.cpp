#include <lull/text/ascii.hpp>
#include <lull/text/http_field.hpp>

#include <gtest/gtest.h>

namespace lull::text {

namespace {

TEST(Ascii, LowerCaseAndComparisonLeaveOtherLettersAlone) {
  EXPECT_EQ(lowerCase("X-API-Key @[`{Z\xC3\x9C"), "x-api-key @[`{z\xC3\x9C");
  EXPECT_TRUE(equalsIgnoringCase("Content-TYPE", "content-type"));
  EXPECT_TRUE(equalsIgnoringCase("", ""));
  EXPECT_FALSE(equalsIgnoringCase("Content-Type", "Content-Typ"));
  EXPECT_FALSE(equalsIgnoringCase("a@", "A`")) << "32 apart, and no letters";
  EXPECT_FALSE(equalsIgnoringCase("\xC3\x9C", "\xC3\xBC"));
}

TEST(Ascii, TrimsTheBlanksThatAreNamed) {
  EXPECT_EQ(trimmed(" \ta b\t "), "a b");
  EXPECT_EQ(trimmed(" a\r"), "a\r");
  EXPECT_EQ(trimmed(" a\r", kLineBlanks), "a");
  EXPECT_EQ(trimmed("\v\f\r\n\t a \n", kAllBlanks), "a");
  EXPECT_EQ(trimmed("a\xC2\xA0", kAllBlanks), "a\xC2\xA0") << "a blank of Unicode is none of ASCII";
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Ascii, DigitsAreThoseOfAsciiOnly) {
  EXPECT_TRUE(isAllDigits("0123456789"));
  for (const std::string_view none : {"", "1a", "+1", " 1", "\xD9\xA1"}) EXPECT_FALSE(isAllDigits(none)) << none;
  EXPECT_TRUE(isAscii("a\x7f"));
  EXPECT_FALSE(isAscii("\xC3\xBC"));
}

TEST(HttpField, ATokenHasNoBlankNoSeparatorAndNoOtherLetters) {
  EXPECT_TRUE(isToken("X-Token_1!#$%&'*+-.^_`|~"));
  for (const std::string_view none : {"", "X A", "X:", "X\t", "\"X\"", "X/Y", "\xC3\xBC", "X\x7f"}) {
    EXPECT_FALSE(isToken(none)) << none;
  }
  EXPECT_FALSE(isToken(std::string_view("X\0", 2)));
}

TEST(HttpField, AValueHasNoControlByteButTheTab) {
  EXPECT_TRUE(isFieldValue(""));
  EXPECT_TRUE(isFieldValue("a\tb \xC3\xBC\xFF"));
  for (const std::string_view none : {"a\r", "a\nb", "\x01", "\x1f", "\x7f"}) EXPECT_FALSE(isFieldValue(none)) << none;
  EXPECT_FALSE(isFieldValue(std::string_view("a\0b", 3)));
}

}  // namespace

}  // namespace lull::text
