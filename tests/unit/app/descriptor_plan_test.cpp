#include "../../../service/app/descriptor_plan.hpp"

#include <gtest/gtest.h>

namespace lull::app {
namespace {

TEST(DescriptorPlan, LeavesToDeliveryAndTheStoreWhatTheyNeed) {
  for (const std::size_t files : {512U, 768U, 1024U, 1536U, 4096U, 20'000U, 1'048'576U}) {
    for (const std::size_t concurrency : {1U, 256U, 4096U}) {
      const auto plan = planDescriptors(files, concurrency);
      EXPECT_LE(plan.clients + plan.attempts + plan.keptAlive + 128, files);
      EXPECT_GE(plan.clients, 64U);
      EXPECT_LE(plan.clients, 4096U);
      EXPECT_GE(plan.attempts, plan.keptAlive);
    }
  }
  EXPECT_GE(planDescriptors(1024, 256).attempts, 256U) << "the usual soft limit serves the default concurrency";
  EXPECT_EQ(planDescriptors(1'048'576, 256).attempts, 4096U);
}

}  // namespace
}  // namespace lull::app
