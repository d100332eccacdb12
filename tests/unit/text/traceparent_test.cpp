#include "unit/text/traceparent_rows.hpp"

#include <lull/text/traceparent.hpp>

#include <gtest/gtest.h>

namespace lull::text {

namespace {

TEST(Traceparent, IsVersion00OrAWellFormedLaterOne) {
  for (const auto& text : testing::traceparents()) {
    ASSERT_TRUE(isTraceparent(text)) << text;
    EXPECT_EQ(traceIdIn(text), "4bf92f3577b34da6a3ce929d0e0e4736") << text;
  }
  for (const auto& text : testing::noTraceparents()) EXPECT_FALSE(isTraceparent(text)) << text;
}

}  // namespace

}  // namespace lull::text
