#include <lull/domain/endpoint.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace lull {
namespace {

TEST(PausedReason, HasAWordThatIsReadBack) {
  const std::vector<std::pair<PausedReason, std::string_view>> rows{
      {PausedReason::None, ""},
      {PausedReason::Operator, "operator"},
      {PausedReason::Gone, "gone"},
      {PausedReason::Egress, "egress"},
      {PausedReason::DeadLettersFull, "dead-letters-full"},
      {PausedReason::QueueFull, "queue-full"},
      {PausedReason::Blocked, "blocked"}};
  for (const auto& [reason, word] : rows) {
    EXPECT_EQ(toString(reason), word);
    EXPECT_EQ(parsePausedReason(word), reason);
  }
  EXPECT_EQ(parsePausedReason("tired"), std::nullopt);
}

}  // namespace
}  // namespace lull
