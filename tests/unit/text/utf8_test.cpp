#include <lull/text/printable.hpp>
#include <lull/text/utf8.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace lull::text {

namespace {

TEST(Utf8, ACharacterIsOneToFourBytes) {
  EXPECT_EQ(characterLength("ab"), 1U);
  EXPECT_EQ(characterLength(std::string_view("\0", 1)), 1U);
  EXPECT_EQ(characterLength("\xC2\x80z"), 2U);
  EXPECT_EQ(characterLength("\xE0\xA0\x80"), 3U);
  EXPECT_EQ(characterLength("\xED\x9F\xBF"), 3U);
  EXPECT_EQ(characterLength("\xEF\xBF\xBF"), 3U);
  EXPECT_EQ(characterLength("\xF0\x90\x80\x80"), 4U);
  EXPECT_EQ(characterLength("\xF4\x8F\xBF\xBF"), 4U);
}

TEST(Utf8, OverlongFormsSurrogatesAndWhatIsCutOffAreNone) {
  for (const std::string_view none : {"", "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x9F\xBF",
                                      "\xE0\xA0", "\xE0\xA0z", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80",
                                      "\xF0\x90\x80z", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(characterLength(none), 0U) << none;
    EXPECT_EQ(isUtf8(none), none.empty());
    EXPECT_FALSE(isUtf8("a" + std::string(none) + "b") && !none.empty());
  }
}

TEST(Utf8, EveryCharacterIsWrittenAsItIsRead) {
  for (const char32_t character :
       std::vector<char32_t>{0, 'z', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff}) {
    std::string text;
    appendCharacter(text, character);
    EXPECT_EQ(characterLength(text), text.size()) << std::hex << static_cast<std::uint32_t>(character);
    EXPECT_EQ(countCharacters("a" + text + text), 3U);
  }
  std::string euro;
  appendCharacter(euro, 0x20ac);
  EXPECT_EQ(euro, "€");
}

TEST(Utf8, FoldingCaseMakesEqualWhatDiffersInCaseOnly) {
  EXPECT_EQ(foldCase("ZÜRICH"), foldCase("zürich"));
  EXPECT_EQ(foldCase("ΣΣ"), foldCase("σς"));
  EXPECT_EQ(foldCase("СТРАНА"), foldCase("страна"));
  EXPECT_NE(foldCase("ß"), foldCase("SS"));
  EXPECT_EQ(foldCase("AbC-1"), "abc-1");
}

TEST(Printable, NoControlCharacterAndNoBrokenByteTakesEffect) {
  EXPECT_EQ(printable("é € \xF0\x9F\x98\x80"), "é € \xF0\x9F\x98\x80");
  EXPECT_EQ(printable("\x1b[31m\x7f\t\n"), "\\x1b[31m\\x7f\\x09\\x0a");
  EXPECT_EQ(printable("a\tb\nc", "\t\n"), "a\tb\nc");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b") << "an escape sequence begins so, too";
  EXPECT_EQ(printable("\xC3\x28\xFF"), "\\xc3(\\xff");
  EXPECT_EQ(printable(std::string_view("\0", 1), "\t"), "\\x00");
}

}  // namespace

}  // namespace lull::text
