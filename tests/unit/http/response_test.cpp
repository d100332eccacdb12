#include <lull/http/response.hpp>

#include <gtest/gtest.h>

namespace lull::http {
namespace {

TEST(Date, IsAnHttpDate) {
  EXPECT_EQ(httpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(httpDate(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(httpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace lull::http
