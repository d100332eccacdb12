#include <lull/brokers/connecting.hpp>

#include <gtest/gtest.h>
#include <poll.h>

#include <new>
#include <stdexcept>

namespace lull::brokers {
namespace {

/// What an attempt comes to that does this.
std::optional<Opened> outcomeOf(std::function<Opened()> open) {
  const auto wake = std::make_shared<runtime::WakeFd>();
  const auto attempt = Connecting<Opened>::begin("test", std::move(open), wake);
  pollfd woken{wake->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&woken, 1, 10'000), 1);
  return attempt->take();
}

TEST(Connecting, WhateverIsThrownIsALoss) {
  for (const auto& open :
       std::vector<std::function<Opened()>>{[]() -> Opened { throw std::bad_alloc(); }, []() -> Opened { throw 7; }}) {
    const auto outcome = outcomeOf(open);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(std::get<Loss>(*outcome).failure, FailureClass::Local);
  }
  EXPECT_EQ(std::get<Loss>(outcomeOf([] { return Loss{"Away.", FailureClass::Name}; }).value()).sentence, "Away.");
}

}  // namespace
}  // namespace lull::brokers
