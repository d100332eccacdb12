#include "harness.hpp"

#include <lull/redis/script_texts.hpp>
#include <lull/redis/shard.hpp>

namespace lull::redis {
namespace {

/// A script does nothing when the data has another schema than its process knows, or none.
class SchemaFence : public ScriptHarness {
 protected:
  SchemaFence() {
    createEndpoint("a");
    put("1n1", kNow);
  }
  void setSchema(const std::string& schema) { redis({"HSET", names_.meta(), "schema", schema}); }
  void TearDown() override {
    setSchema(std::to_string(Shard::kSchema));
    ScriptHarness::TearDown();
  }

  /// Every embedded script whose header does not say that it only reads. A new one is among them by itself. One that
  /// only says so and writes fails wherever a test calls it: see ScriptHarness::run().
  static std::vector<std::string> writing() {
    std::vector<std::string> names;
    for (const auto& script : scriptTexts()) {
      if (!readsOnly(script.text)) names.emplace_back(script.name);
    }
    return names;
  }
  /// Before it looks at anything else, a script looks at the meta hash; so it needs no more than the names of keys.
  Call callOf(const std::string& script) const {
    Call call{script, {names_.meta()}, {}};
    constexpr int kMostKeys = 20;  // more than any script needs
    for (int i = 2; i <= kMostKeys; ++i) call.keys.push_back(names_.asideKey("k" + text(i)));
    if (script == "attach")
      call = {script, {names_.meta(), names_.counters(), names_.aside()}, {kMine, "run", "e", "1"}};
    return call;
  }

  static inline const std::string kMine = std::to_string(Shard::kSchema);
};

TEST_F(SchemaFence, EveryScriptThatWritesRefusesANewerSchemaAndChangesNothing) {
  ASSERT_THAT(writing(),
              ::testing::IsSupersetOf({"admit", "claim", "settle", "letters_remove", "aside_key", "attach"}));
  const auto newer = std::to_string(Shard::kSchema + 1);
  setSchema(newer);
  for (const auto& script : writing()) {
    SCOPED_TRACE(script);
    expectRefused(callOf(script), "LULLSCHEMA " + newer);
  }
}

TEST_F(SchemaFence, EveryScriptThatWritesRefusesTheSchemaFromBeforeTheFirstRelease) {
  for (const auto* old : {"1", "2"}) {
    setSchema(old);
    for (const auto& script : writing()) {
      SCOPED_TRACE(script);
      expectRefused(callOf(script), std::string("LULLOLD ") + old);
    }
  }
}

TEST_F(SchemaFence, EveryScriptThatWritesRefusesAnEmptiedStoreButTheOneThatBeginsIt) {
  redis({"HDEL", names_.meta(), "schema"});
  for (const auto& script : writing()) {
    SCOPED_TRACE(script);
    if (script != "attach") expectRefused(callOf(script), "LULLEMPTY");
  }
}

TEST_F(SchemaFence, TheSameSchemaIsNoObstacle) {
  setSchema(kMine);
  put("1n2", kNow);
  EXPECT_EQ(claim(kNow, {"a"}).claims.size(), 2U);
}

/// attach.lua needs these three itself: they are set aside before there is a schema.
TEST_F(SchemaFence, WhatAttachingNeedsIsSetAsideInAnEmptiedStore) {
  for (const auto& key : {names_.counters(), names_.aside(), names_.meta()}) {
    SCOPED_TRACE(key);
    const auto before = redis({"DUMP", key}).text;
    redis({"DEL", names_.meta(), key});
    redis({"SET", key, "text"});
    const auto call =
        Call{"aside_key", {names_.meta(), names_.counters(), names_.aside(), key, names_.asideKey(key)}, {"hash"}};
    EXPECT_EQ(run(call).integer, 1);
    EXPECT_EQ(redis({"GET", names_.asideKey(key)}).text, "text");
  }
  redis({"FLUSHALL"});
  endpoints_.clear();
}

}  // namespace
}  // namespace lull::redis
