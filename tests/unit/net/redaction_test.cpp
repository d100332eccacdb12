#include "../../../service/net/redaction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace lull::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kToken = "s3cret\"/\\\xC3\xA9+tail";

std::string shown(const std::string& text) {
  return withoutValues(text, {{"Authorization", "Bearer " + kToken}, {"X-Short", "ok"}});
}

TEST(Redaction, HidesTheUsualEncodingsOfAValue) {
  for (const std::string echo : {
           "s3cret\"/\\\xC3\xA9+tail",                        // as it is
           "s3cret\\\"/\\\\\xC3\xA9+tail",                    // in a JSON text
           "s3cret\\\"\\/\\\\\xC3\xA9+tail",                  // with its slash escaped, too
           "s3cret\\u0022\\u002F\\u005c\\u00e9\\u002Btail",   // everything but letters escaped, as .NET does
           "s3cret\\u0022\\u002F\\u005c\\u00C3\\u00A9+tail",  // its bytes taken for characters
           "s3cret%22%2F%5C%C3%A9%2Btail",                    // in a URL
           "s3cret%22%2f%5c%c3%a9%2btail",                    //
           "s3cret&quot;&#47;&#x5C;&eacute;&plus;tail",       // in HTML
           "s3cret=22=2F=5C=C3=A9+tail",                      // quoted-printable
           "733363726574222f5cc3a92b7461696c",                // hex
           "733363726574222F5CC3A92B7461696C",                //
           "s3cret\\\\\\\"/\\\\\\\\\\u00e9+tail",             // JSON within JSON
       }) {
    EXPECT_EQ(shown("<" + echo + ">"), "<***>");
    EXPECT_THAT(shown("ok " + echo.substr(0, echo.size() - 3)), ::testing::MatchesRegex("ok \\*\\*\\*.{0,5}"))
        << "cut off by the end of the excerpt";
  }
}

TEST(Redaction, HidesPiecesOfSixBytes) {
  EXPECT_EQ(shown("<s3cret>"), "<***>");
  EXPECT_EQ(shown("<s3cre>"), "<s3cre>");
  EXPECT_EQ(withoutValues("<abcd> <abc>", {{"X-Pin", "abcd"}}), "<***> <abc>");
}

TEST(Redaction, KnowsTheSchemeFromTheCredential) {
  EXPECT_EQ(shown("Bearer token missing"), "Bearer token missing");
  EXPECT_EQ(withoutValues("a Bearer abc b, Bearer", {{"Authorization", "Bearer abc"}}), "a *** b, Bearer");
  // "svc:p4ssw0rd", as the receiver decodes it.
  const std::vector<std::pair<std::string, std::string>> basic{{"Authorization", "Basic c3ZjOnA0c3N3MHJk"}};
  EXPECT_EQ(withoutValues("wrong password \"p4ssw0rd\"", basic), "wrong password \"***\"");
  EXPECT_EQ(withoutValues("svc:p4ssw0rd and c3ZjOnA0c3N3MHJk", basic), "*** and ***");
  EXPECT_EQ(withoutValues("a phrase of words", {{"X-Phrase", "phrase of words"}}), "a ***");
}

TEST(Redaction, HidesAValueWithinTheBase64OfALongerText) {
  // base64 of "", "a" and "ab" with the token behind it and "zz" at the end.
  for (const std::string echo :
       {"czNjcmV0Ii9cw6krdGFpbHp6", "YXMzY3JldCIvXMOpK3RhaWx6eg==", "YWJzM2NyZXQiL1zDqSt0YWlseno=",
        "YXMzY3JldCIvXMOpK3RhaWx6eg", "YWJzM2NyZXQiL1zDqSt0YWlseno"}) {
    EXPECT_THAT(shown(echo), HasSubstr("***"));
    for (const auto* middle : {"NyZXQi", "JldCIv", "czNjcm"}) EXPECT_THAT(shown(echo), Not(HasSubstr(middle)));
  }
}

TEST(Redaction, LeavesOtherTextAndShortValuesAlone) {
  for (const std::string text : {"ok, nothing of it here", "", "100% of 50 &amp; \\u00e9", "\xC3\xA9t\xC3\xA9"}) {
    EXPECT_EQ(shown(text), text);
  }
}

std::string hexOf(unsigned value, const char* format) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// How a receiver may write down a character of a value; each character alone, so that a piece of the value is the same
/// text wherever it stands.
using Encoder = std::function<std::string(char)>;
const std::map<std::string, Encoder> kEncoders{
    {"plain", [](char c) { return std::string(1, c); }},
    {"JSON", [](char c) { return (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c); }},
    {"JSON, all escaped", [](char c) { return hexOf(static_cast<unsigned char>(c), "\\u%04x"); }},
    {"URL, all escaped", [](char c) { return hexOf(static_cast<unsigned char>(c), "%%%02X"); }},
    {"HTML, decimal", [](char c) { return hexOf(static_cast<unsigned char>(c), "&#%u;"); }},
    {"HTML, hex", [](char c) { return hexOf(static_cast<unsigned char>(c), "&#x%X;"); }},
    {"quoted-printable", [](char c) { return hexOf(static_cast<unsigned char>(c), "=%02X"); }},
    {"hex", [](char c) { return hexOf(static_cast<unsigned char>(c), "%02x"); }},
    {"URL in JSON", [](char c) { return hexOf(static_cast<unsigned char>(c), "\\u0025%02x"); }},
    {"HTML in a URL", [](char c) { return hexOf(static_cast<unsigned char>(c), "%%26%%23%u%%3B"); }},
};

std::string randomValue(std::mt19937& random) {
  std::uniform_int_distribution<int> length(6, 60);
  std::uniform_int_distribution<int> character(0x21, 0x7E);
  std::string value;
  for (int left = length(random); left > 0; --left) value += static_cast<char>(character(random));
  return value;
}

std::string encoded(std::string_view value, const Encoder& encode) {
  std::string text;
  for (const char c : value) text += encode(c);
  return text;
}

// Whatever the value, however it is written down, and wherever the cap cuts it: no six characters of it can be read.
TEST(Redaction, NoPieceOfAnyValueIsReadableInAnyEncodingAtAnyCut) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    const auto value = randomValue(random);
    for (const auto& [name, encode] : kEncoders) {
      const auto whole = "{\"was\":\"" + encoded(value, encode) + "\"}";
      const auto cut = std::uniform_int_distribution<std::size_t>(8, whole.size())(random);
      const auto left = withoutValues(whole.substr(0, cut), {{"X-Key", value}});
      for (std::size_t at = 0; at + 6 <= value.size(); ++at) {
        ASSERT_THAT(left, Not(HasSubstr(encoded(value.substr(at, 6), encode))))
            << name << " of " << value << " cut at " << cut;
      }
    }
  }
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const auto length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

TEST(Redaction, NoPieceIsReadableInBase64AtAnyPlaceOrCut) {
  std::mt19937 random(12);
  for (int round = 0; round < 200; ++round) {
    const auto value = randomValue(random);
    const std::string before(std::uniform_int_distribution<std::size_t>(0, 7)(random), '#');
    auto text = base64(before + value + "#tail");
    text.resize(std::uniform_int_distribution<std::size_t>(8, text.size())(random));
    const auto left = withoutValues(text, {{"X-Key", value}});
    // What the characters of six bytes and no others have a part in, at each alignment.
    for (std::size_t at = 0; at + 6 <= value.size(); ++at) {
      const auto from = before.size() + at;
      const auto piece = base64(before + value + "#tail").substr((from * 8 + 5) / 6, 6 * 8 / 6 - 1);
      ASSERT_THAT(left, Not(HasSubstr(piece))) << value << " in " << text;
    }
  }
}

}  // namespace
}  // namespace lull::net
