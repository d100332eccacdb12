#include <lull/runtime/gate.hpp>

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

namespace lull::runtime {
namespace {

using std::chrono::seconds;

TEST(Gate, LetsSoManyInAndTheNextWhenOneHasLeft) {
  Gate gate(2);
  const auto first = gate.enter();
  {
    const auto second = gate.enter();
    EXPECT_TRUE(second.in());
    EXPECT_EQ(gate.enter().entry(), Gate::Entry::Full);
  }
  EXPECT_TRUE(gate.enter().in());
}

TEST(Gate, WhoWasRefusedTakesNoPlace) {
  Gate gate(1);
  {
    const auto first = gate.enter();
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(gate.enter().in());
  }
  EXPECT_TRUE(gate.enter().in());
}

TEST(Gate, CountsEachNameForItself) {
  Gate gate(3, 2);
  const auto first = gate.enter("a");
  const auto second = gate.enter("a");
  EXPECT_EQ(gate.enter("a").entry(), Gate::Entry::NameFull);
  const auto other = gate.enter("b");
  EXPECT_TRUE(other.in());
  EXPECT_EQ(gate.enter("c").entry(), Gate::Entry::Full);
  EXPECT_EQ(gate.enter("a").entry(), Gate::Entry::Full) << "that there is no room at all is said first";
}

TEST(Gate, WhoWaitsGetsInWhenAnotherLeaves) {
  Gate gate(1);
  auto held = std::make_unique<std::promise<void>>();
  std::promise<void> inside;
  auto first = std::async(std::launch::async, [&, leave = held->get_future()]() mutable {
    const auto pass = gate.enter();
    inside.set_value();
    leave.wait();
  });
  inside.get_future().wait();
  auto second = std::async(std::launch::async, [&] { return gate.enter(seconds(60)).in(); });
  held->set_value();
  EXPECT_TRUE(second.get());
}

TEST(Gate, WhoWaitsInVainIsRefused) {
  Gate gate(1);
  const auto first = gate.enter();
  EXPECT_EQ(gate.enter(std::chrono::milliseconds(1)).entry(), Gate::Entry::Full);
}

}  // namespace
}  // namespace lull::runtime
