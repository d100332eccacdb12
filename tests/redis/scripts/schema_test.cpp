#include "harness.hpp"

#include <lull/redis/store.hpp>

namespace lull::redis {
namespace {

/// What an older process does after the schema was raised: nothing.
class SchemaFence : public ScriptHarness {
 protected:
  SchemaFence() { createEndpoint("a"); }
  void raise() { redis({"HSET", names_.meta(), "schema", std::to_string(Store::kSchema + 1)}); }
  void TearDown() override {
    redis({"HSET", names_.meta(), "schema", std::to_string(Store::kSchema)});
    ScriptHarness::TearDown();
  }
};

TEST_F(SchemaFence, EveryScriptThatWritesPackedValuesRefusesANewerSchemaAndChangesNothing) {
  letter("a", "1n3", kNow);
  put("1n1", kNow);
  put("1n2", kNow);
  const auto held = claim(kNow, {"a"}).claims;
  settings_.interval = 0;
  admit({{.key = "1n4"}}, kNow);
  raise();
  const std::string said = "LULLSCHEMA " + std::to_string(Store::kSchema + 1);
  expectRefused(admitCall({{.key = "1n5"}}, kNow), said);
  expectRefused(fireCall(kNow, 1000, 250), said);
  expectRefused(claimCall(kNow + settings_.lease, {"a"}, 16, 16), said);
  ASSERT_EQ(held.size(), 2U);
  expectRefused(settleCall({{.action = "c", .claim = held[0]}}, kNow), said);
  expectRefused(replaceCall("a", 15, false, kNow), said);
}

TEST_F(SchemaFence, TheSameSchemaIsNoObstacle) {
  redis({"HSET", names_.meta(), "schema", std::to_string(Store::kSchema)});
  put("1n1", kNow);
  EXPECT_EQ(claim(kNow, {"a"}).claims.size(), 1U);
}

}  // namespace
}  // namespace lull::redis
