#include <lull/text/base64.hpp>
#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/random.hpp>

#include <gtest/gtest.h>

#include <set>

namespace lull::text {

namespace {

TEST(Base64, HasTheValuesOfTheRfc) {
  struct Row {
    std::string bytes;
    std::string text;
  };
  const std::vector<Row> rows{{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"\xfb\xff", "+/8="},
                              {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(toBase64(bytes), text);
    EXPECT_EQ(fromBase64(text), bytes) << text;
    const auto unpadded = text.substr(0, text.find('='));
    if (text != "+/8=") {
      EXPECT_EQ(toBase64Url(bytes), unpadded);
      EXPECT_EQ(fromBase64Url(unpadded), bytes) << unpadded;
    }
  }
  EXPECT_EQ(toBase64Url("\xfb\xff"), "-_8");
  EXPECT_EQ(fromBase64Url("-_8"), "\xfb\xff");
}

TEST(Base64, EveryByteSurvives) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
    EXPECT_EQ(fromBase64(toBase64(bytes)), bytes);
    EXPECT_EQ(fromBase64Url(toBase64Url(bytes)), bytes);
    EXPECT_EQ(fromHex(toHex(bytes)), bytes);
  }
}

TEST(Base64, ReadsNoOtherSpelling) {
  for (const std::string_view text : {"Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "Zg==\n", " Zg==", "Z===", "====", "=",
                                      "Zm9vZ", "-_8=", "Zg==Zg==", "Z=g="}) {
    EXPECT_FALSE(fromBase64(text)) << text;
  }
  for (const std::string_view text : {"Z", "Zh", "Zm9", "Zg==", "+/8", "Zm9vZ", "Zg ", "Zg\n"}) {
    EXPECT_FALSE(fromBase64Url(text)) << text;
  }
  EXPECT_FALSE(fromBase64Url(std::string_view("Zg\0A", 4)));
}

TEST(Hex, ReadsOnlyWhatItWrites) {
  EXPECT_EQ(toHex("\x01\xab\xff"), "01abff");
  EXPECT_EQ(fromHex("01abff"), "\x01\xab\xff");
  EXPECT_EQ(fromHex(""), "");
  for (const std::string_view text : {"0", "0g", "AB", "0x", " 0"}) EXPECT_FALSE(fromHex(text)) << text;
  EXPECT_EQ(hexValue('9'), 9);
  EXPECT_EQ(hexValue('a'), 10);
  EXPECT_EQ(hexValue('F'), 15);
  for (const char none : {'g', 'G', '/', ':', '@', '`', '\0'}) EXPECT_EQ(hexValue(none), -1) << none;
}

TEST(Digest, HasTheValuesOfTheStandards) {
  EXPECT_EQ(toHex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(toHex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(toHex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  // RFC 4231 test cases 2 and 6.
  EXPECT_EQ(toHex(hmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(toHex(hmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, AnEmptyKeyIsAKeyAndNotTheOneBefore) {
  const auto before = hmacSha256("key", "text");
  EXPECT_EQ(toHex(hmacSha256({}, "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_NE(hmacSha256({}, "text"), before);
}

TEST(Digest, ComparesWholeTexts) {
  EXPECT_TRUE(equalsInConstantTime("abc", "abc"));
  EXPECT_TRUE(equalsInConstantTime("", ""));
  for (const std::string_view other : {"abd", "bbc", "ab", "abcd", ""})
    EXPECT_FALSE(equalsInConstantTime("abc", other));
}

TEST(Random, DrawsWhatWasAskedFor) {
  EXPECT_EQ(randomBytes(0), "");
  EXPECT_EQ(randomBytes(33).size(), 33U);
  std::set<std::string> drawn;
  std::set<char> characters;
  for (int i = 0; i < 200; ++i) {
    const auto id = randomId(20);
    EXPECT_EQ(id.size(), 20U);
    drawn.insert(id);
    characters.insert(id.begin(), id.end());
  }
  EXPECT_EQ(drawn.size(), 200U);
  EXPECT_EQ(std::string(characters.begin(), characters.end()), "0123456789abcdefghijklmnopqrstuvwxyz");
}

}  // namespace

}  // namespace lull::text
