// Whose endpoints and letters are whose, in the stores.
#include "endpoint_codec.hpp"
#include "two_endpoints.hpp"

#include <gmock/gmock.h>

namespace lull::redis {
namespace {

class Owners : public TwoEndpoints {
 protected:
  Owners() : TwoEndpoints(3) {}

  Endpoint registered(const std::string& owner) {
    Registration registration;
    registration.name = "of " + owner;
    registration.webhook().url = "http://127.0.0.1/";
    registration.changeTypes = 2;
    return registry_.create(registration, {}, owner).value().endpoint;
  }
};

TEST_F(Owners, AreWhoRegisteredWhateverIsChanged) {
  auto endpoint = registered("ada");
  EXPECT_EQ(registry_.find(endpoint.id)->owner, "ada");
  endpoint.registration.name = "changed";
  const auto changed = registry_.replace(endpoint.id, endpoint.version, endpoint.registration);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->owner, "ada");
  EXPECT_EQ(registry_.find(endpoint.id)->owner, "ada");
  EXPECT_EQ(registry_.find(ids_[0])->owner, "") << "nobody knows who registered it";
  EXPECT_EQ(*registry_.registeredBy("ada"), EndpointIds{endpoint.id});
  EXPECT_EQ(*registry_.registeredBy("bob"), EndpointIds{});
}

TEST_F(Owners, OfDeletedEndpointsAreKeptWithTheirLetters) {
  buryAll(ids_[0]);
  const auto& id = ids_[0];
  // As if it had been registered by somebody.
  auto endpoint = *registry_.find(id);
  endpoint.owner = "ada";
  ASSERT_TRUE(shard_.call({"HSET", shard_.keys().registrations(), id, packEndpoint(endpoint, Sealer{})}));
  ASSERT_TRUE(registry_.remove(id));
  EXPECT_EQ(*registry_.registeredBy("ada"), EndpointIds{id});
  EXPECT_EQ(*letters_.endpointName(id), "first");
}

TEST_F(Owners, SeeTheLettersOfTheirEndpoints) {
  buryAll(ids_[0]);
  buryAll(ids_[1]);
  const auto totalOf = [&](const DeadLetterFilter& filter) {
    const auto page = letters_.list(filter, {2, ""});
    EXPECT_TRUE(page);
    EXPECT_TRUE(page->totalIsExact);
    for (const auto& letter : page->items) EXPECT_TRUE(filter.among->contains(letter.endpointId));
    return page->total;
  };
  DeadLetterFilter filter;
  for (const auto& [among, total] : std::vector<std::pair<EndpointIds, std::uint64_t>>{
           {{}, 0}, {{ids_[0]}, 3}, {{ids_[1], "ep_none"}, 3}, {{ids_[0], ids_[1]}, 6}}) {
    filter = {};
    filter.among = among;
    EXPECT_EQ(totalOf(filter), total);
    filter.itemId = "1";
    EXPECT_EQ(totalOf(filter), total / 3);
    filter.endpointId = ids_[0];
    EXPECT_EQ(totalOf(filter), among.contains(ids_[0]) ? 1U : 0U);
  }
}

TEST_F(Owners, RetryAndPurgeTheirLettersOnly) {
  buryAll(ids_[0]);
  buryAll(ids_[1]);
  ports::BulkRequest request;
  request.filter.among = EndpointIds{ids_[1], "ep_none"};
  EXPECT_EQ(letters_.retryMany(request)->done, 3U);
  EXPECT_EQ(waiting(ids_[1]), 3U);
  EXPECT_EQ(waiting(ids_[0]), 0U);
  EXPECT_EQ(letters_.purgeMany(request)->done, 0U);
  request.filter.among = EndpointIds{};
  EXPECT_EQ(letters_.purgeMany(request)->done, 0U);
  request.filter.among = EndpointIds{ids_[0]};
  EXPECT_EQ(letters_.purgeMany(request)->done, 3U);
}

}  // namespace
}  // namespace lull::redis
