// A queue of a broker is that of one endpoint, whoever asks at the same moment.
#include "two_endpoints.hpp"

#include <gmock/gmock.h>

namespace lull::redis {
namespace {

class QueueOwners : public TwoEndpoints {
 protected:
  QueueOwners() : TwoEndpoints(3) {}

  static Registration on(const std::string& broker, const std::string& queue) {
    Registration registration;
    registration.name = "to " + queue;
    registration.changeTypes = 2;
    registration.target = RabbitTarget{broker, "", "", queue, true};
    return registration;
  }
  Result<Endpoint> create(const std::string& broker, const std::string& queue) {
    auto created = registry_.create(on(broker, queue), {}, "ada");
    if (!created) return created.error();
    return created->endpoint;
  }
  static void expectTaken(const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::Conflict);
    ASSERT_EQ(error.fields.size(), 1U);
    EXPECT_EQ(error.fields[0].pointer, "/target/queue");
  }
};

TEST_F(QueueOwners, ASecondEndpointIsRefusedAndNothingOfItIsStored) {
  const auto first = create("fs", "customer-17");
  ASSERT_TRUE(first);
  const auto before = registry_.all().value()->endpoints.size();
  expectTaken(create("fs", "customer-17").error());
  EXPECT_EQ(registry_.all().value()->endpoints.size(), before);
  EXPECT_TRUE(create("desk", "customer-17")) << "another broker";
  EXPECT_TRUE(create("fs", "customer-18")) << "another queue";
  EXPECT_EQ(*registry_.find(first->id)->registration.rabbit(), *first->registration.rabbit());
}

TEST_F(QueueOwners, AnEndpointMayKeepItsQueueAndNotTakeAnothers) {
  const auto first = create("fs", "customer-17");
  const auto second = create("fs", "customer-18");
  ASSERT_TRUE(first && second);
  const auto same = registry_.replace(second->id, second->version, on("fs", "customer-18"));
  ASSERT_TRUE(same) << same.error().message;
  expectTaken(registry_.replace(second->id, same->version, on("fs", "customer-17")).error());
  EXPECT_EQ(registry_.find(second->id)->registration.rabbit()->queue, "customer-18");
}

TEST_F(QueueOwners, AQueueIsFreeAgainOnceItsEndpointHasAnotherOrIsGone) {
  const auto first = create("fs", "customer-17");
  ASSERT_TRUE(registry_.replace(first->id, first->version, on("fs", "customer-19")));
  const auto second = create("fs", "customer-17");
  ASSERT_TRUE(second);
  ASSERT_TRUE(registry_.remove(first->id));
  EXPECT_TRUE(create("fs", "customer-19"));
  auto routed = on("fs", "");
  routed.target = RabbitTarget{"fs", "ex", "a"};
  ASSERT_TRUE(registry_.replace(second->id, second->version, routed));
  EXPECT_TRUE(create("fs", "customer-17"));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(registry_.create(routed, {}, "ada")) << "an exchange is for everybody";
}

}  // namespace
}  // namespace lull::redis
