#include "../../../service/net/redaction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
           "s3cret\"/\\\xC3\xA9+tail",          // as it is
           "s3cret\\\"/\\\\\xC3\xA9+tail",      // in a JSON text
           "s3cret\\\"\\/\\\\\xC3\xA9+tail",    // with its slash escaped, too
           "s3cret%22%2F%5C%C3%A9%2Btail",      // in a URL
           "s3cret%22%2f%5c%c3%a9%2btail",      //
           "733363726574222f5cc3a92b7461696c",  // hex
           "733363726574222F5CC3A92B7461696C",  //
       }) {
    EXPECT_EQ(shown("<" + echo + ">"), "<***>");
    EXPECT_EQ(shown("ok " + echo.substr(0, echo.size() - 3)), "ok ***") << "cut off by the end of the excerpt";
  }
}

TEST(Redaction, HidesAValueWithinTheBase64OfALongerText) {
  // base64 of "", "a" and "ab" with the token behind it and "zz" at the end.
  EXPECT_EQ(shown("czNjcmV0Ii9cw6krdGFpbHp6"), "***Hp6");
  for (const std::string echo : {"YXMzY3JldCIvXMOpK3RhaWx6eg==", "YWJzM2NyZXQiL1zDqSt0YWlseno=",
                                 "YXMzY3JldCIvXMOpK3RhaWx6eg", "YWJzM2NyZXQiL1zDqSt0YWlseno"}) {
    EXPECT_THAT(shown(echo), HasSubstr("***"));
    EXPECT_THAT(shown(echo), Not(HasSubstr("NyZXQi"))) << "of the middle";
    EXPECT_THAT(shown(echo), Not(HasSubstr("JldCIv"))) << "of the middle";
  }
}

TEST(Redaction, LeavesOtherTextAndShortValuesAlone) {
  EXPECT_EQ(shown("ok, nothing of it here"), "ok, nothing of it here");
  EXPECT_EQ(shown(""), "");
}

}  // namespace
}  // namespace lull::net
