#include "../../../service/app/descriptor_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull::app {
namespace {

TEST(DescriptorPlan, LeavesToDeliveryAndTheStoreWhatTheyNeed) {
  for (const std::size_t files : {512U, 768U, 1024U, 1536U, 4096U, 20'000U, 1'048'576U}) {
    for (const std::size_t concurrency : {1U, 256U, 4096U}) {
      for (const std::size_t waiting : {0U, 100U, 10'000U}) {
        const auto plan = planDescriptors(files, {concurrency, waiting});
        EXPECT_LE(plan.clients + plan.attempts + plan.keptAlive + plan.waiting + 128, files);
        EXPECT_GE(plan.clients, 64U);
        EXPECT_LE(plan.clients, 4096U);
        EXPECT_GE(plan.attempts, plan.keptAlive);
        EXPECT_LE(plan.waiting, waiting);
      }
    }
  }
  EXPECT_GE(planDescriptors(1024, {256, 10'000}).attempts, 256U)
      << "the usual soft limit serves the default concurrency";
  EXPECT_EQ(planDescriptors(1'048'576, {256, 10'000}).attempts, 4096U);
}

TEST(DescriptorPlan, LetsAsManyWaitAsAreSetWhereThereAreFilesForThem) {
  for (const std::size_t concurrency : {1U, 256U, 4096U}) {
    for (const std::size_t waiting : {1U, 10'000U, 1'000'000U}) {
      const DescriptorNeeds needs{concurrency, waiting};
      const auto enough = planDescriptors(filesFor(needs), needs);
      EXPECT_EQ(enough.waiting, waiting);
      EXPECT_FALSE(shortOfFiles(filesFor(needs), needs));
    }
  }
  EXPECT_EQ(planDescriptors(20'000, {256, 10'000}).waiting, 10'000U);
  EXPECT_EQ(planDescriptors(1024, {256, 10'000}).waiting, 112U) << "an eighth, when there is little";
}

TEST(DescriptorPlan, SaysWhatToDoWhenFewerCanWait) {
  const auto warning = shortOfFiles(4096, {256, 10'000});
  ASSERT_TRUE(warning);
  EXPECT_THAT(*warning, ::testing::HasSubstr("may open 4096 files, so 496 calls can wait"));
  EXPECT_THAT(*warning, ::testing::HasSubstr("the 10000 of Mailboxes:MaxWaiting"));
  EXPECT_THAT(*warning, ::testing::HasSubstr("at least 18832"));
  EXPECT_FALSE(shortOfFiles(1024, {256, 0}));
}

}  // namespace
}  // namespace lull::app
