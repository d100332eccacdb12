#include "two_endpoints.hpp"

#include <lull/redis/stats_store.hpp>

namespace lull::redis {
namespace {

class Totals : public TwoEndpoints {
 protected:
  void registerMore(int count) {
    for (int i = 0; i < count; ++i) {
      Registration registration;
      registration.name = "more" + std::to_string(i);
      registration.webhook().url = "http://127.0.0.1/";
      registration.changeTypes = 2;
      ASSERT_TRUE(registry_.create(registration, {}));
    }
  }
  /// How many scripts one reading of the counters takes, with the registry read before.
  std::uint64_t scriptsOfAReading() {
    EXPECT_TRUE(registry_.all());
    const auto before = scriptsRun();
    EXPECT_EQ(stats_.counters()->pending, 2 * kEach);
    return scriptsRun() - before;
  }

  std::uint64_t scriptsRun() {
    const auto connection = Connection::open(server_.address(), Millis{2000});
    const auto info = (*connection)->call({"INFO", "commandstats"});
    const std::string field = "cmdstat_evalsha:calls=";
    const auto at = info->text.find(field);
    return at == std::string::npos ? 0 : std::stoull(info->text.substr(at + field.size()));
  }

  StatsStore stats_{shard_, registry_};
};

TEST_F(Totals, StatesOfManyEndpointsAreReadInPartsInTheOrderAsked) {
  registerMore(448);
  std::vector<EndpointId> ids;
  for (const auto& [id, endpoint] : (*registry_.all())->endpoints) ids.push_back(id);
  ASSERT_EQ(ids.size(), 450U);
  const auto before = scriptsRun();
  const auto states = registry_.states(ids);
  EXPECT_EQ(scriptsRun() - before, 3U);
  ASSERT_EQ(states->size(), 450U);
  std::size_t holding = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(states->at(i).queueDepth, waiting(ids[i]));
    if (states->at(i).queueDepth > 0) ++holding;
  }
  EXPECT_EQ(holding, 2U);
}

TEST_F(Totals, OfTwoThousandEndpointsAreOneScriptAsOfTwo) {
  EXPECT_TRUE(stats_.counters());
  const auto ofTwo = scriptsOfAReading();
  registerMore(1'998);
  EXPECT_EQ(scriptsOfAReading(), ofTwo) << "the numbers belong together only when they are of one moment";
  registerMore(1);
  EXPECT_EQ(scriptsOfAReading(), ofTwo + 1) << "beyond that Redis may do something else in between";
}

}  // namespace
}  // namespace lull::redis
